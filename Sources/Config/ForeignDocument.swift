package import Basics
package import Wire

/// A place in a file of another agent, both numbers counted from 1; the file as a whole without them.
package struct SourcePlace: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    package var line: Int?
    package var column: Int?

    package init(file: String, line: Int? = nil, column: Int? = nil) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`, as compilers print it.
    package var description: String {
        ([file] + [line, column].compactMap { $0.map(String.init) }).joined(separator: ":")
    }
}

/// A TOML or JSON file of another agent, read with the places of its values. Nothing in it counts here.
package struct ForeignDocument: Sendable {
    package let root: JSONObject
    private let source: SourceText
    private let offsets: [[String]: Int]
    /// TOML types that JSON lacks, by path.
    private let foreign: [[String]: String]

    package var file: String { source.name }

    /// - Throws: `config.encoding`, `config.nul`, `config.too_deep` or `config.syntax` with file, line and column.
    package init(toml bytes: [UInt8], file: String) throws(LockgateError) {
        let document = try TOMLDocument(SourceText(name: file, bytes: bytes))
        root = document.root
        source = document.source
        // A table that only exists through longer keys stands where the first of those does.
        var offsets: [[String]: Int] = [:]
        for entry in document.entries {
            var path = entry.path
            while !path.isEmpty, offsets[path] == nil {
                offsets[path] = entry.key.lowerBound
                path.removeLast()
            }
        }
        self.offsets = offsets
        foreign = document.foreign
    }

    /// - Throws: `import.json` with file, line and column for what is no JSON object, or states a name twice: which of
    ///   the two counts there cannot be known here.
    package init(json bytes: [UInt8], file: String) throws(LockgateError) {
        let source = SourceText(name: file, bytes: bytes)
        func wrong(_ offset: Int, _ reason: String) -> LockgateError {
            source.error("import.json", at: source.position(of: offset), reason, remedy: "correct this place")
        }
        let value: JSONValue
        let places: JSONPlaces
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: bytes)
            places = try JSONPlaces(bytes)
        } catch {
            throw wrong(error.offset, "not valid JSON: \(error.reason)")
        }
        if let twice = places.repeated.first {
            throw wrong(twice.offset, "\(DottedKey.join(twice.path).printable) is stated twice")
        }
        guard let object = value.object else { throw wrong(0, "expected an object") }
        root = object
        self.source = source
        offsets = places.offsets
        foreign = [:]
    }

    /// Where a value stands, or the nearest thing around it.
    package func place(of path: [String]) -> SourcePlace {
        var path = path
        while !path.isEmpty {
            if let offset = offsets[path] {
                let position = source.position(of: offset)
                return SourcePlace(file: file, line: position.line, column: position.column)
            }
            path.removeLast()
        }
        return SourcePlace(file: file)
    }

    /// The value at a path; arrays are entered by index.
    package func value(at path: [String]) -> JSONValue? {
        path.reduce(JSONValue.object(root) as JSONValue?) { value, name in
            value?[name] ?? Int(name).flatMap { value?[$0] }
        }
    }

    /// Everything below the root as far as the option table leads: one entry for each option, and one for each name that
    /// no option has, however much stands below it.
    package func settings() -> [ForeignSetting] {
        var found: [ForeignSetting] = []
        collect(root, at: [], into: &found)
        return found
    }

    private func collect(_ object: JSONObject, at parent: [String], into found: inout [ForeignSetting]) {
        for (name, value) in object.members {
            let path = parent + [name]
            if case .table = OptionTable.all.match(path), let inner = value.object {
                collect(inner, at: path, into: &found)
                continue
            }
            let type =
                foreign[path] ?? (value.array ?? []).indices.lazy.compactMap { foreign[path + [String($0)]] }.first
            found.append(ForeignSetting(path: path, value: value, place: place(of: path), foreignType: type))
        }
    }
}

/// A value in a file of another agent.
package struct ForeignSetting: Sendable, Hashable {
    package var path: [String]
    package var value: JSONValue
    package var place: SourcePlace
    /// The TOML type of a date or the like, which no option takes.
    package var foreignType: String?

    package init(path: [String], value: JSONValue, place: SourcePlace, foreignType: String? = nil) {
        self.path = path
        self.value = value
        self.place = place
        self.foreignType = foreignType
    }

    /// The dotted key, with TOML's quoting.
    package var key: String { DottedKey.join(path) }
}
