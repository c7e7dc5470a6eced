import Basics
import Glibc
import Wire

/// The user's decisions about projects, from `[projects."<path>"]` of all layers but the projects' own.
struct TrustDecisions: Sendable {
    private struct Decision {
        var path: String
        var level: TrustLevel
        /// The layer's place; larger is stronger.
        var rank: Int
    }

    private var decisions: [Decision] = []

    /// - Parameter layers: weakest first.
    init(_ layers: [ConfigurationLayer], userHome: String?) {
        for (rank, layer) in layers.enumerated() {
            for setting in layer.settings where OptionTable.all.options[setting.option].isTrustLevel {
                guard let name = setting.names.first, let level = TrustLevel.decode(setting.value) else { continue }
                let path = name.isHomePath ? (userHome ?? "") + name.dropFirst() : name
                decisions.append(Decision(path: path, level: level, rank: rank))
            }
        }
    }

    /// The decision about the nearest of several folders.
    ///
    /// Folders are the same when they are one file to the kernel, so no spelling of a path escapes a decision. Where one
    /// layer says both, `untrusted` counts.
    ///
    /// - Parameter directories: from the nearest to the farthest.
    func level(of directories: [String]) -> TrustLevel? {
        guard !decisions.isEmpty else { return nil }
        let identities = directories.map(FileIdentity.init(path:))
        var best: (depth: Int, decision: Decision)?
        for decision in decisions {
            guard
                let depth = directories.firstIndex(of: decision.path)
                    ?? FileIdentity(path: decision.path).flatMap({ identities.firstIndex(of: $0) })
            else { continue }
            if let (nearest, other) = best {
                if depth > nearest { continue }
                if depth == nearest {
                    if decision.rank < other.rank { continue }
                    if decision.rank == other.rank, decision.level == .trusted { continue }
                }
            }
            best = (depth, decision)
        }
        return best?.decision.level
    }
}

extension ConfigurationOption {
    fileprivate var isTrustLevel: Bool { path.first == .name("projects") && path.last == .name("trust_level") }
}
