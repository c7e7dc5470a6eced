package import Basics
package import Wire

/// What a model has to know of its surroundings, as the first message's last part.
package struct EnvironmentContext: Sendable, Hashable {
    package var cwd: String
    package var shell: String
    package var sandboxMode: SandboxMode
    package var network: NetworkMode
    package var writableRoots: [String]
    package var date: WallTime

    package init(
        cwd: String, shell: String, sandboxMode: SandboxMode, network: NetworkMode, writableRoots: [String],
        date: WallTime = .now
    ) {
        self.cwd = cwd
        self.shell = shell
        self.sandboxMode = sandboxMode
        self.network = network
        self.writableRoots = writableRoots
        self.date = date
    }

    /// The day is enough; a clock would change the prompt's prefix with every session.
    package var message: String {
        let roots = sandboxMode == .workspaceWrite ? writableRoots : []
        var lines = [
            "<environment_context>",
            "  <cwd>\(cwd)</cwd>",
            "  <shell>\(shell)</shell>",
            "  <current_date>\(date.rfc3339.prefix(10))</current_date>",
            "  <sandbox_mode>\(sandboxMode.rawValue)</sandbox_mode>",
            "  <network_access>\(network.rawValue)</network_access>",
        ]
        lines += roots.map { "  <writable_root>\($0)</writable_root>" }
        lines.append("</environment_context>")
        return lines.joined(separator: "\n")
    }
}
