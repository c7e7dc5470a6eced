/// A value that needs no quotes: a boolean, a number, a date or a time.
enum TOMLScalar: Hashable {
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case date, time, dateTime

    var isDate: Bool { self == .date }

    /// Nil when the bytes are none of these by TOML 1.0, or do not fit into 64 bits.
    init?(_ bytes: ArraySlice<UInt8>) {
        switch String(decoding: bytes, as: UTF8.self) {
        case "true": self = .bool(true)
        case "false": self = .bool(false)
        case "inf", "+inf": self = .float(.infinity)
        case "-inf": self = .float(-.infinity)
        case "nan", "+nan", "-nan": self = .float(.nan)
        default:
            guard let value = Self.number(bytes) ?? Self.moment(bytes) else { return nil }
            self = value
        }
    }

    // MARK: Numbers

    private static func number(_ bytes: ArraySlice<UInt8>) -> TOMLScalar? {
        var rest = bytes
        if rest.count > 2, rest.first == UInt8(ascii: "0"), let radix = radix(of: rest[rest.startIndex + 1]) {
            guard let digits = digits(rest.dropFirst(2), radix: radix) else { return nil }
            return Int(digits, radix: radix).map(TOMLScalar.integer)
        }
        var text = ""
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            text.unicodeScalars.append(Unicode.Scalar(sign))
            rest = rest.dropFirst()
        }
        let whole = rest.prefix { $0.isDigit || $0 == UInt8(ascii: "_") }
        guard let digits = digits(whole, radix: 10), whole.count == 1 || whole.first != UInt8(ascii: "0") else {
            return nil
        }
        text += digits
        rest = rest.dropFirst(whole.count)
        if rest.isEmpty { return Int(text).map(TOMLScalar.integer) }
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { $0.isDigit || $0 == UInt8(ascii: "_") }
            guard let digits = Self.digits(fraction, radix: 10) else { return nil }
            text += "." + digits
            rest = rest.dropFirst(1 + fraction.count)
        }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            text += "e"
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                text.unicodeScalars.append(Unicode.Scalar(sign))
                rest = rest.dropFirst()
            }
            guard let digits = Self.digits(rest, radix: 10) else { return nil }
            text += digits
            rest = []
        }
        return rest.isEmpty ? Double(text).map(TOMLScalar.float) : nil
    }

    private static func radix(of mark: UInt8) -> Int? {
        switch mark {
        case UInt8(ascii: "x"): 16
        case UInt8(ascii: "o"): 8
        case UInt8(ascii: "b"): 2
        default: nil
        }
    }

    /// The digits without their underscores, each of which must stand between two digits; nil when that is not so.
    private static func digits(_ bytes: ArraySlice<UInt8>, radix: Int) -> String? {
        var text = ""
        var isAfterDigit = false
        for byte in bytes {
            if byte == UInt8(ascii: "_") {
                guard isAfterDigit else { return nil }
                isAfterDigit = false
            } else {
                let character = Character(Unicode.Scalar(byte))
                guard let value = character.hexDigitValue, value < radix else { return nil }
                text.append(character)
                isAfterDigit = true
            }
        }
        return isAfterDigit ? text : nil
    }

    // MARK: Dates and times (RFC 3339, with TOML's local forms)

    private static func moment(_ bytes: ArraySlice<UInt8>) -> TOMLScalar? {
        let text = Array(bytes)
        if isTime(text[...]) { return .time }
        guard text.count >= 10, isDate(text[..<10]) else { return nil }
        if text.count == 10 { return .date }
        guard text.count > 11, [UInt8(ascii: "T"), UInt8(ascii: "t"), 0x20].contains(text[10]) else { return nil }
        var time = text[11...]
        if let last = time.last, last | 0x20 == UInt8(ascii: "z") {
            time.removeLast()
        } else if let sign = time.lastIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }) {
            let offset = time[(sign + 1)...]
            guard offset.count == 5, number(offset.prefix(2), below: 24), number(offset.suffix(2), below: 60),
                offset[sign + 3] == UInt8(ascii: ":")
            else { return nil }
            time = time[..<sign]
        }
        return isTime(time) ? .dateTime : nil
    }

    /// `hh:mm:ss` with an optional fraction.
    private static func isTime(_ text: ArraySlice<UInt8>) -> Bool {
        let start = text.startIndex
        guard text.count >= 8, text[start + 2] == UInt8(ascii: ":"), text[start + 5] == UInt8(ascii: ":"),
            number(text[start..<start + 2], below: 24), number(text[start + 3..<start + 5], below: 60),
            number(text[start + 6..<start + 8], below: 60)
        else { return false }
        let fraction = text.dropFirst(8)
        return fraction.isEmpty
            || (fraction.first == UInt8(ascii: ".") && fraction.count > 1 && fraction.dropFirst().allSatisfy(\.isDigit))
    }

    /// `yyyy-mm-dd`, a day that exists.
    private static func isDate(_ text: ArraySlice<UInt8>) -> Bool {
        let start = text.startIndex
        guard text[start + 4] == UInt8(ascii: "-"), text[start + 7] == UInt8(ascii: "-"),
            let year = value(text[start..<start + 4]), let month = value(text[start + 5..<start + 7]),
            let day = value(text[start + 8..<start + 10]), year > 0, (1...12).contains(month)
        else { return false }
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...lengths[month - 1]).contains(day)
    }

    private static func number(_ text: ArraySlice<UInt8>, below limit: Int) -> Bool {
        value(text).map { $0 < limit } ?? false
    }

    private static func value(_ text: ArraySlice<UInt8>) -> Int? {
        text.allSatisfy(\.isDigit) ? Int(String(decoding: text, as: UTF8.self)) : nil
    }
}
