package import Basics

/// A line of a journal as a verifier reads it: every member once, in its place, in the one spelling a writer uses.
///
/// What two programs could read differently (a repeated member, another order, white space, an escape that need not
/// be) is a fault, also where the hash was made to fit.
package struct RecordLine: Sendable, Hashable {
    package let sequence: Int
    package let time: String
    package let type: String
    package let payload: JSONValue
    package let previous: String
    package let hash: String

    static let members = ["seq", "time", "type", "payload", "prev", "hash"]

    /// What a line says, as far as it can be read.
    struct Reading {
        /// nil where there is a fault.
        var record: RecordLine?
        var fault: Fault?
        /// What the next record may name as the one before it: the hash the line states, and the one its content has.
        /// A line that was changed after it was written still has one of them.
        var hashes: [String] = []
        /// What stands in a line whose content does not match its hash, where it is a record otherwise: redacted, perhaps.
        var other: (record: RecordLine, actual: String)?
    }

    struct Fault {
        var kind: JournalFinding.Kind
        var text: String
    }

    /// Bytes of `,"hash":"…"}`.
    private static let tail = 9 + ContentHash.length + 2

    /// Reads a line without its line end.
    static func read(_ line: ArraySlice<UInt8>) -> Reading {
        guard line.count > tail else {
            return Reading(fault: Fault(kind: .malformed, text: "the line is too short to be a record"))
        }
        let body = line.dropLast(tail)
        let end = line.dropFirst(body.count)
        let stated = String(decoding: end.dropLast(2).suffix(ContentHash.length), as: UTF8.self)
        let actual = ContentHash.of(body: body)
        var reading = Reading(hashes: [stated, actual])
        guard end.starts(with: ",\"hash\":\"".utf8), end.suffix(2).elementsEqual("\"}".utf8) else {
            reading.fault = Fault(kind: .malformed, text: "the line does not end with a record's hash")
            return reading
        }
        guard stated == actual else {
            reading.fault = Fault(kind: .altered, text: "the record's content does not match its hash")
            if case .success(let record) = parse(line) { reading.other = (record, actual) }
            return reading
        }
        switch parse(line) {
        case .success(let record): reading.record = record
        case .failure(let failure): reading.fault = Fault(kind: .malformed, text: failure.text)
        }
        return reading
    }

    private struct Malformed: Error {
        var text: String
    }

    private static func parse(_ line: ArraySlice<UInt8>) -> Result<RecordLine, Malformed> {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: line)
        } catch {
            return .failure(Malformed(text: "the record is not valid JSON: \(error)"))
        }
        guard let names = json.object?.keys else { return .failure(Malformed(text: "the record is not an object")) }
        guard names == members else {
            let isOrder = names.sorted() == members.sorted()
            return .failure(
                Malformed(
                    text: isOrder
                        ? "the record's members are not in their order"
                        : "the record's members are \(names.joined(separator: ", ")), not \(members.joined(separator: ", "))"
                ))
        }
        // A repeated member is lost in reading, so it shows here as well.
        guard json.bytes.elementsEqual(line) else {
            return .failure(
                Malformed(text: "the record is not spelled as a writer spells it (a repeated member, or other bytes)"))
        }
        guard let sequence = json["seq"]?.int, sequence >= 0, json["seq"]?.text == "\(sequence)",
            let time = json["time"]?.string, let type = json["type"]?.string,
            let payload = json["payload"], let previous = json["prev"]?.string, let hash = json["hash"]?.string
        else { return .failure(Malformed(text: "a member of the record has a wrong type")) }
        return .success(
            RecordLine(
                sequence: sequence, time: time, type: type, payload: payload, previous: previous, hash: hash))
    }
}
