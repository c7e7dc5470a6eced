/// Where a setting or rule comes from, so that every decision can be traced to a line somebody wrote.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    package enum Layer: Sendable, Hashable {
        case builtIn, system, user
        case profile(String)
        case project(String)
        case flag, requirements
    }

    package var layer: Layer
    package var file: String?
    package var line: Int?
    package var column: Int?

    package init(_ layer: Layer, file: String? = nil, line: Int? = nil, column: Int? = nil) {
        self.layer = layer
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String {
        if let file { return line.map { "\(file):\($0)" } ?? file }
        switch layer {
        case .builtIn: return "built-in default"
        case .system: return "system configuration"
        case .user: return "user configuration"
        case .profile(let name): return "profile \(name)"
        case .project(let path): return "project \(path)"
        case .flag: return "command line"
        case .requirements: return "requirements"
        }
    }
}
