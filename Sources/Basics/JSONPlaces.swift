/// Where the members and elements of a JSON document stand, for messages about files that people write.
///
/// Apart from `JSONParser`, whose documents come from machines and need no places. Names that stand twice in one object
/// are kept as such, since a value that replaces another silently is a trap in a file that people edit.
package struct JSONPlaces: Sendable, Hashable {
    /// Bytes from the start to a member's name or an array's element; elements appear in paths by index.
    package private(set) var offsets: [[String]: Int] = [:]
    /// Names that stand in their object a second time, in source order.
    package private(set) var repeated: [Repetition] = []

    package struct Repetition: Sendable, Hashable {
        package var path: [String]
        package var offset: Int

        package init(path: [String], offset: Int) {
            self.path = path
            self.offset = offset
        }
    }

    /// - Throws: what `JSONParser.parse` throws for the same bytes.
    package init(_ bytes: [UInt8]) throws(JSONSyntaxError) {
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONPlaces, JSONSyntaxError> in
            var parser = JSONParser(buffer)
            var places = JSONPlaces()
            do throws(JSONSyntaxError) {
                try parser.note(at: [], in: &places)
                parser.skipSpace()
                guard parser.at == buffer.count else { throw parser.error("text after the document's end") }
                return .success(places)
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    private init() {}

    fileprivate mutating func add(_ path: [String], _ offset: Int) {
        if offsets[path] == nil { offsets[path] = offset } else { repeated.append(.init(path: path, offset: offset)) }
    }
}

extension JSONParser {
    /// Reads one value and notes the places of everything in it.
    fileprivate mutating func note(at path: [String], in places: inout JSONPlaces) throws(JSONSyntaxError) {
        skipSpace()
        guard at < bytes.count, path.count < Self.maximumDepth else {
            _ = try value(depth: path.count)
            return
        }
        switch bytes[at] {
        case UInt8(ascii: "{"): try noteList(end: UInt8(ascii: "}"), path, &places)
        case UInt8(ascii: "["): try noteList(end: UInt8(ascii: "]"), path, &places)
        default: _ = try value(depth: path.count)
        }
    }

    /// An object's members or an array's elements, from the opening bracket on.
    private mutating func noteList(
        end: UInt8, _ path: [String], _ places: inout JSONPlaces
    ) throws(JSONSyntaxError) {
        let isObject = end == UInt8(ascii: "}")
        at += 1
        skipSpace()
        if at < bytes.count, bytes[at] == end {
            at += 1
            return
        }
        var index = 0
        while true {
            skipSpace()
            let start = at
            var name = String(index)
            if isObject {
                guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw error("expected a key") }
                name = try string()
                skipSpace()
                guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { throw error("expected ':'") }
                at += 1
            }
            places.add(path + [name], start)
            try note(at: path + [name], in: &places)
            skipSpace()
            guard at < bytes.count else { throw error("unexpected end") }
            if bytes[at] == end {
                at += 1
                return
            }
            guard bytes[at] == UInt8(ascii: ",") else {
                throw error(isObject ? "expected ',' or '}'" : "expected ',' or ']'")
            }
            at += 1
            index += 1
        }
    }
}
