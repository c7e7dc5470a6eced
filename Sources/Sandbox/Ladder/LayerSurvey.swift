package import Basics
import Glibc
package import Wire

/// What the kernel and its settings grant, layer by layer, as the helper found by trying each (survey.h).
package struct LayerSurvey: Sendable, Hashable {
    package enum Layer: String, Sendable, Hashable, CaseIterable {
        case userNamespaces = "user_namespaces"
        case mounts
        case pidNamespaces = "pid_namespaces"
        case freshProc = "fresh_proc"
        case netNamespaces = "net_namespaces"
        case ipcNamespaces = "ipc_namespaces"
        case seccompFilter = "seccomp_filter"
        case seccompNotification = "seccomp_notification"
        case pidfdGetfd = "pidfd_getfd"
        /// What a stage is made of; a copy of the workspace serves without it.
        case overlay
    }

    /// 0, or the errno each was refused with, by the layer's name. Every layer has an entry. Names, because the runtime finds
    /// out that texts can be keys for the first of all dictionaries, and would search the whole program again for a layer.
    package var results: [String: Int32]
    /// 0 without Landlock.
    package var landlockABI: Int32

    package init(results: [String: Int32], landlockABI: Int32) {
        self.results = results
        self.landlockABI = landlockABI
    }

    /// Reads the helper's lines "name number". nil unless each layer is there once and nothing else is.
    init?(_ text: String) {
        var results: [String: Int32] = [:]
        var landlockABI: Int32?
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2, let number = Int32(parts[1]), number >= 0 else { return nil }
            if parts[0] == "landlock_abi" {
                guard landlockABI == nil else { return nil }
                landlockABI = number
            } else {
                let name = String(parts[0])
                guard Layer(rawValue: name) != nil, results[name] == nil else { return nil }
                results[name] = number
            }
        }
        guard let landlockABI, results.count == Layer.allCases.count else { return nil }
        self.init(results: results, landlockABI: landlockABI)
    }

    package func grants(_ layer: Layer) -> Bool { results[layer.rawValue] == 0 }

    /// Each layer with "granted" or the kernel's reason, in a fixed order.
    package var lines: [(name: String, result: String)] {
        Layer.allCases.map { layer in
            let error = results[layer.rawValue] ?? ECANCELED
            let result =
                switch error {
                case 0: "granted"
                case ECANCELED: "not tried"
                case ENOSPC, EUSERS: "the limit of namespaces is zero or reached"
                default: String(cString: strerror(error))
                }
            return (layer.rawValue, result)
        } + [("landlock_abi", "\(landlockABI)")]
    }

    package var json: JSONValue {
        var object: JSONObject = ["landlock_abi": .int(Int(landlockABI))]
        for layer in Layer.allCases { object[layer.rawValue] = .int(Int(results[layer.rawValue] ?? ECANCELED)) }
        return .object(object)
    }

    /// Reads what `json` writes; nil for anything else.
    package init?(json: JSONValue) {
        var results: [String: Int32] = [:]
        for layer in Layer.allCases {
            guard let number = json[layer.rawValue]?.int, let error = Int32(exactly: number), error >= 0 else {
                return nil
            }
            results[layer.rawValue] = error
        }
        guard let number = json["landlock_abi"]?.int, let abi = Int32(exactly: number), abi >= 0 else { return nil }
        self.init(results: results, landlockABI: abi)
    }

    /// Has the helper try every layer, and waits for it. Takes some milliseconds.
    package static func run(helper: String) throws(LockgateError) -> LayerSurvey {
        try SurveyRun(helper: helper).result()
    }
}
