package import Basics
package import Config
package import Wire

/// All hooks of a session.
package struct HookSet: Sendable {
    package let definitions: [HookDefinition]
    /// Hooks that do not count, because only the administrator's do.
    package let skipped: [HookDefinition]

    /// Reads what the sources state.
    ///
    /// - Parameter managedOnly: where the administrator said that only the hooks of the system's folder count.
    /// - Throws: the first error of any source, so that nothing runs half-configured. Sources that do not count are
    ///   read as well.
    package init(_ sources: [HookSource], managedOnly: Origin?) throws(LockgateError) {
        var all: [HookDefinition] = []
        for source in sources { all += try HookReader.read(source) }
        definitions = all.filter { managedOnly == nil || $0.isManaged }
        skipped = all.filter { managedOnly != nil && !$0.isManaged }
    }

    package var isEmpty: Bool { definitions.isEmpty }
}

/// Runs the hooks of a set.
package struct ConfiguredHooks: HookRunner {
    private let set: HookSet
    private let launcher: HookLauncher
    private let events: Set<HookEvent>

    package init(_ set: HookSet, launcher: HookLauncher) {
        self.set = set
        self.launcher = launcher
        events = Set(set.definitions.map(\.event))
    }

    package func hasHooks(for event: HookEvent) -> Bool { events.contains(event) }

    package func run(
        _ event: HookEvent, subjects: [String], input: JSONObject, leavingOut: Set<Int>
    ) async throws -> [HookResult] {
        let chosen = set.definitions.enumerated().filter { number, hook in
            hook.event == event && !leavingOut.contains(number) && (subjects.isEmpty || hook.matcher.matches(subjects))
        }
        guard !chosen.isEmpty else { return [] }
        let bytes = JSONValue.object(input).bytes
        let results = await withTaskGroup(of: HookResult.self) { group in
            for (number, hook) in chosen {
                group.addTask {
                    let (run, answer) = await HookExecution(definition: hook, launcher: launcher, input: bytes)
                        .perform()
                    return HookResult(number: number, run: run, answer: answer)
                }
            }
            var results: [HookResult] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.number < $1.number }
        }
        // Killed hooks have nothing to say.
        try Task.checkCancellation()
        return results
    }
}
