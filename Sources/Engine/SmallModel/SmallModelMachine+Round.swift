import Basics
import Text
import Wire

/// From one answer to the next request.
extension SmallModelMachine {
    mutating func read(_ text: String, isCut: Bool) -> Action {
        let answer = MarkdownActions(text)
        round = Round(raw: text)
        queue = answer.actions
        for complaint in answer.complaints {
            switch complaint {
            case .cutOff: round.complaints.append(SmallModelPrompt.cutOff)
            case .noPath: round.complaints.append(SmallModelPrompt.noPath)
            }
        }
        if isCut, !answer.complaints.contains(.cutOff) { round.complaints.append(SmallModelPrompt.answerCutOff) }
        if text.allSatisfy(\.isWhitespace), !isCut { round.complaints.append(SmallModelPrompt.empty) }
        if isCut || answer.complaints.contains(.cutOff) {
            nextTemperature = settings.temperature + settings.cutOffTemperature
        }
        round.results = round.complaints
        return advance()
    }

    /// The answer's next action, or what its actions led to.
    mutating func advance() -> Action {
        while !queue.isEmpty {
            switch queue.removeFirst() {
            case .run(let command):
                guard let result = seen.result(of: command) else { return enter(.running(command), .run(command)) }
                round.repeats += 1
                round.results.append(SmallModelPrompt.repeated(result: result))
            case .write(let candidates, let content):
                // A block without a path is meant for what was quoted before it.
                let named = candidates.isEmpty ? [round.quotation?.path].compactMap { $0 } : candidates
                guard !named.isEmpty else {
                    round.complaints.append(SmallModelPrompt.noPath)
                    round.results.append(SmallModelPrompt.noPath)
                    continue
                }
                let paths = named.map { PathText.relative(PathText.absolute($0, from: cwd), to: cwd) }
                return enter(.readingForWrite(candidates: paths, content: content), .read(paths))
            }
        }
        return conclude()
    }

    // MARK: - Writing

    mutating func write(_ content: String, to candidates: [String], _ contents: [String: [UInt8]]) -> Action {
        guard let path = Self.mostSimilar(candidates, to: Array(content.utf8), contents) else { return advance() }
        let old = contents[path]
        // What is not before the model whole is refused below.
        let fragment = known.contains(path) ? FileFragment(content, old: old, task: task) : .whole
        var content = content
        switch fragment {
        case .quoted(let lines):
            round.quotation = Quotation(path: path, lines: lines)
            return advance()
        case .merged(let whole):
            round.quotation = nil
            content = whole
        case .whole, .incomplete:
            if let whole = replacement(of: path, by: content, old: old) {
                content = whole
            } else if case .incomplete(let missing) = fragment,
                refusedFragments[path, default: []].insert(content).inserted
            {
                let refusal = SmallModelPrompt.incomplete(path, missing: missing)
                round.results.append(refusal)
                round.refusals.append(refusal)
                return advance()
            }
        }
        if old == Array(content.utf8) {
            round.repeats += 1
            round.results.append(SmallModelPrompt.unchanged(path))
            return advance()
        }
        if let refusal = refusal(path, old: old, content: content) {
            round.results.append(refusal)
            round.refusals.append(refusal)
            return advance()
        }
        return enter(.writing(path: path, old: old, content: content), .write(path: path, content: content))
    }

    /// The file with the block in the place of the lines that the answer quoted before; nil if it quoted none, or if
    /// the block is so long that it may be the file.
    private mutating func replacement(of path: String, by content: String, old: [UInt8]?) -> String? {
        guard let old, let quotation = round.quotation, quotation.path == path,
            content.utf8.count < old.count,
            content.utf8.split(separator: 0x0A).count <= 2 * quotation.lines.count + 1
        else { return nil }
        round.quotation = nil
        return quotation.lines.replaced(by: content, in: old)
    }

    private mutating func refusal(_ path: String, old: [UInt8]?, content: String) -> String? {
        if ElidedText.isElided(content, old: old) { return SmallModelPrompt.elided(path) }
        guard let old, !old.isEmpty else { return nil }
        if TestFile.isTest(path), files[path] == nil, !TestFile.isWanted(path, task: task),
            refusedTests[path, default: []].insert(content).inserted
        {
            // With a green run behind it, this is what is left of an answer that is done.
            round.repeats += 1
            return SmallModelPrompt.protectedTest(path)
        }
        guard !known.contains(path) else { return nil }
        guard !showsNoTexts, old.count <= settings.viewBytes, !old.contains(0) else {
            return SmallModelPrompt.tooLarge(path)
        }
        if !wanted.contains(path) { wanted.insert(path, at: 0) }
        return SmallModelPrompt.unseen(path)
    }

    mutating func noteWrite(_ path: String, old: [UInt8]?, content: String, refusal: String?) {
        if let refusal {
            round.results.append(refusal)
            round.isDenied = true
            return
        }
        let new = Array(content.utf8)
        round.changed += 1
        isDirty = true
        hasInsisted = false
        seen.forget()
        // What a command showed before says nothing of the files as they are now.
        lastResult = nil
        known.insert(path)
        files[path] = WrittenFile(path: path, original: files[path].map(\.original) ?? old, written: new)
        round.results.append(Self.report(path, old: old, new: new, limit: settings.outputBytes))
    }

    /// The file whose text is most like the new one; the last of several that are equally like it.
    private static func mostSimilar(
        _ candidates: [String], to new: [UInt8], _ contents: [String: [UInt8]]
    ) -> String? {
        guard candidates.count > 1 else { return candidates.first }
        var best: (path: String, share: Double)?
        for path in candidates {
            var share = 0.0
            if let old = contents[path] {
                let diff = LineDiff(old: old, new: new)
                let lines = diff.old.count + diff.new.count
                share = lines == 0 ? 1 : Double(lines - diff.addedCount - diff.removedCount) / Double(lines)
            }
            if share >= best?.share ?? 0 { best = (path, share) }
        }
        return best?.path
    }

    /// What was written, by its changed lines.
    private static func report(_ path: String, old: [UInt8]?, new: [UInt8], limit: Int) -> String {
        guard let old else { return "Wrote \(path) (new file)." }
        let diff = LineDiff(old: old, new: new)
        var bytes: [UInt8] = []
        for change in diff.changes {
            for (mark, lines, range) in [("-", diff.old, change.old), ("+", diff.new, change.new)] {
                for line in range {
                    bytes.append(contentsOf: mark.utf8)
                    bytes.append(contentsOf: lines.content(line))
                    bytes.append(0x0A)
                }
            }
            guard bytes.count <= limit else {
                return "Wrote \(path): \(diff.removedCount) lines removed, \(diff.addedCount) added."
            }
        }
        return "Wrote \(path). Changes:\n" + String(decoding: bytes.dropLast(), as: UTF8.self)
    }

    // MARK: - Running

    mutating func noteRun(_ command: String, _ outcome: CommandOutcome) {
        let result: String
        switch outcome {
        case .exited(let code, let output):
            result = SmallModelPrompt.command(command, output: output, ending: "exit code \(code)")
            lastSucceeded = code == 0
        case .stopped(let output):
            let seconds = settings.commandLimit.components.seconds
            result = SmallModelPrompt.command(
                command, output: output, ending: "It did not end within \(seconds) seconds and was stopped.")
            lastSucceeded = false
        case .refused(let reason):
            result = SmallModelPrompt.command(command, output: reason, ending: "It was not run.")
            lastSucceeded = false
        }
        lastResult = result
        round.ran += 1
        round.results.append(result)
        isDirty = false
        hasInsisted = false
        seen.record(command, result: result)
    }

    // MARK: - What next

    private mutating func conclude() -> Action {
        if let quotation = round.quotation {
            round.repeats += 1
            round.results.append(SmallModelPrompt.quoted(quotation.path))
        }
        let acted = round.changed + round.ran > 0
        let succeeded = lastSucceeded == true
        if !round.refusals.isEmpty, wanted.contains(where: { !known.contains($0) }) {
            return freshView(note: refusals, isWarmer: false)
        }
        if round.isDenied, !isDirty { return note(SmallModelPrompt.denied) }
        if !acted {
            let isPlain = round.complaints.isEmpty && round.refusals.isEmpty && round.repeats == 0
            // After work that ran well, blocks with nothing new in them only illustrate the answer.
            let isAfterword =
                succeeded && (round.repeats > 0 || !files.isEmpty) && round.refusals.count <= round.repeats
            if isPlain, isFailing, !hasInsistedOnFailure {
                hasInsistedOnFailure = true
                return freshView(note: SmallModelPrompt.stillFails)
            }
            if isPlain || isAfterword { return finalAnswer() }
            if round.repeats > 0 || !round.refusals.isEmpty { return freshView(note: refusals) }
        }
        if isDirty {
            return note(SmallModelPrompt.runNow, needsCommand: true)
        }
        if acted {
            return succeeded ? note(SmallModelPrompt.finishOrGoOn) : freshView(note: refusals)
        }
        guard !hasComplained else { return freshView(note: round.complaints.joined(separator: "\n")) }
        hasComplained = true
        return note(nil)
    }

    /// Whether the turn changed files and the last run failed; with a check, that decides.
    private var isFailing: Bool { checkAttempts == 0 && !files.isEmpty && lastSucceeded == false }

    private var refusals: String? {
        round.refusals.isEmpty ? nil : round.refusals.joined(separator: "\n")
    }

    private mutating func note(_ closing: String?, needsCommand: Bool = false) -> Action {
        if closing != nil { hasComplained = false }
        let lines = round.results + (closing.map { [$0] } ?? [])
        return ask(.note(lines.joined(separator: "\n")), needsCommand: needsCommand)
    }

    private mutating func finalAnswer() -> Action {
        // A server that does not hold the answer to a command cannot be made to give one.
        if isDirty, !hasInsisted {
            hasInsisted = true
            return note(SmallModelPrompt.notFinished, needsCommand: true)
        }
        guard checkAttempts > 0 else { return .finish(.done(message: round.raw)) }
        checks += 1
        return enter(.finalCheck, .check(attempt: checks))
    }
}
