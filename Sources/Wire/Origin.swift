package import Basics

/// Where a value came from: the layer that set it and, where there is a file, the place in it.
///
/// Every setting, rule and verdict carries one, so that nothing takes effect that cannot be traced to a place.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// The layers of configuration from the weakest to the strongest; `requirements` constrains all of them.
    package enum Layer: Sendable, Hashable {
        case builtIn, system, user
        case profile(String)
        /// The directory that holds the `.lockgate` folder.
        case project(String)
        /// The command-line flag as it was written, such as `-c` or `--sandbox`.
        case flag(String)
        case requirements
        /// A grant by its id: an exception that somebody gave, beside all layers.
        case grant(String)
    }

    package var layer: Layer
    /// Absolute path; nil for built-in values and flags.
    package var file: String?
    /// Counted from 1.
    package var line: Int?
    /// Counted from 1, in Unicode scalars.
    package var column: Int?

    package init(_ layer: Layer, file: String? = nil, line: Int? = nil, column: Int? = nil) {
        self.layer = layer
        self.file = file
        self.line = line
        self.column = column
    }

    package static let builtIn = Origin(.builtIn)

    /// `file:line` where there is a file, else the layer in words.
    package var description: String {
        guard let file else { return layer.description }
        return line.map { "\(file):\($0)" } ?? file
    }

    /// `file:line:column`, as compilers print it.
    package var location: String {
        guard let column, line != nil else { return description }
        return "\(description):\(column)"
    }

    /// The form that events, `explain --json` and the journal show.
    package var json: JSONValue {
        var object: JSONObject = ["layer": .string(layer.name)]
        switch layer {
        case .profile(let name): object["profile"] = .string(name)
        case .project(let directory): object["project"] = .string(directory)
        case .flag(let flag): object["flag"] = .string(flag)
        case .grant(let id): object["grant"] = .string(id)
        case .builtIn, .system, .user, .requirements: break
        }
        if let file { object["file"] = .string(file) }
        if let line { object["line"] = .int(line) }
        if let column { object["column"] = .int(column) }
        return .object(object)
    }
}

extension Origin.Layer: CustomStringConvertible {
    /// The layer's stable name, without what identifies one of several.
    package var name: String {
        switch self {
        case .builtIn: "built-in"
        case .system: "system"
        case .user: "user"
        case .profile: "profile"
        case .project: "project"
        case .flag: "flag"
        case .requirements: "requirements"
        case .grant: "grant"
        }
    }

    package var description: String {
        switch self {
        case .builtIn: "built-in default"
        case .system: "system configuration"
        case .user: "user configuration"
        case .profile(let name): "profile \(name)"
        case .project(let directory): "project \(directory)"
        case .flag(let flag): "command line (\(flag))"
        case .requirements: "requirements"
        case .grant(let id): "grant \(id)"
        }
    }
}
