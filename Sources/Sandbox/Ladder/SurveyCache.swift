import Basics
import Glibc
package import Wire

/// Keeps the survey for as long as nothing changed that it depends on: at most until the next boot. A file that is
/// malformed, another's, or about another state is ignored, and written anew.
///
/// What it says is no permission: a level that cannot be set up is refused when it is set up.
package struct SurveyCache: Sendable {
    private static let limit = 16 << 10
    private static let version = 1

    private let home: String
    private var path: String { Paths.join(home, "sandbox-survey.json") }

    /// - Parameter home: the product's own folder, which no command can see.
    package init(home: String) { self.home = home }

    /// The survey that holds for this boot, kernel, helper, user and surroundings.
    package func survey(helper: String) throws(LockgateError) -> LayerSurvey {
        try begin(helper: helper).survey()
    }

    /// Tries everything again, whatever is known.
    package func renewed(helper: String) throws(LockgateError) -> LayerSurvey {
        try keep(SurveyRun(helper: helper).result(), key: Self.key(helper: helper))
    }

    /// A survey that is known, or was started.
    package struct Pending: Sendable {
        fileprivate enum State {
            case known(LayerSurvey)
            case running(SurveyRun, SurveyCache, key: JSONValue)
        }
        fileprivate let state: State

        /// Waits for it. Call once.
        package func survey() throws(LockgateError) -> LayerSurvey {
            switch state {
            case .known(let survey): survey
            case .running(let run, let cache, let key): try cache.keep(run.result(), key: key)
            }
        }
    }

    /// Looks it up, and where it is not known has the machine asked while the caller goes on.
    package func begin(helper: String) throws(LockgateError) -> Pending {
        let key = Self.key(helper: helper)
        if let known = read(key) { return Pending(state: .known(known)) }
        return Pending(state: .running(try SurveyRun(helper: helper), self, key: key))
    }

    private func keep(_ survey: LayerSurvey, key: JSONValue) -> LayerSurvey {
        let file: JSONValue = ["version": .int(Self.version), "key": key, "layers": survey.json]
        // Without a place to keep it, it is made each time.
        try? PosixFile.makeDirectory(home)
        try? PosixFile.replace(path, with: file.bytes + [0x0A], isDurable: false)
        return survey
    }

    private func read(_ key: JSONValue) -> LayerSurvey? {
        var info = stat()
        guard lstat(path, &info) == 0, info.st_uid == geteuid(), info.st_mode & (S_IWGRP | S_IWOTH) == 0,
            let bytes = try? PosixFile.read(path, limit: Self.limit),
            let json = try? JSONValue(parsing: bytes[...]), json["version"]?.int == Self.version, json["key"] == key,
            let layers = json["layers"]
        else { return nil }
        return LayerSurvey(json: layers)
    }

    /// Everything that the answers depend on. A container shares the machine's boot and often its user's folder, so the
    /// namespaces and filters of this process belong to it.
    static func key(helper: String) -> JSONValue {
        var info = stat()
        var binary = "unknown"
        if stat(helper, &info) == 0 {
            // The change time cannot be set by a program: another content has another.
            binary = "\(info.st_dev):\(info.st_ino):\(info.st_size):\(info.st_ctim.tv_sec).\(info.st_ctim.tv_nsec)"
        }
        var settings: JSONObject = [:]
        for (name, value) in HostLimits.readSettings() { settings[name] = .string(value) }
        let namespaces = ["user", "mnt", "pid"].map { Paths.linkTarget("/proc/self/ns/\($0)") ?? "" }
        let held = (ProcText.read("/proc/self/status") ?? "").split(separator: "\n").filter {
            $0.hasPrefix("Cap") || $0.hasPrefix("NoNewPrivs") || $0.hasPrefix("Seccomp")
        }
        return [
            "boot": .string(ProcText.read("/proc/sys/kernel/random/boot_id") ?? ""),
            "kernel": .string(ProcText.read("/proc/sys/kernel/osrelease") ?? ""), "helper": .string(binary),
            "uid": .int(Int(geteuid())), "gid": .int(Int(getegid())), "settings": .object(settings),
            "namespaces": .array(namespaces.map { .string($0) }), "held": .array(held.map { .string(String($0)) }),
        ]
    }
}
