extension ShellParser {
    /// The inside of `$'`, with its closing quote (Bash Reference Manual, 3.1.2.4).
    mutating func ansiQuoted(_ word: inout ParsedWord) throws(Failure) {
        while let byte = current {
            at += 1
            if byte == UInt8(ascii: "'") { return }
            guard byte == UInt8(ascii: "\\") else {
                word.bytes.append(byte)
                continue
            }
            guard let escape = current else { break }
            at += 1
            switch escape {
            case UInt8(ascii: "a"): word.bytes.append(0x07)
            case UInt8(ascii: "b"): word.bytes.append(0x08)
            case UInt8(ascii: "e"), UInt8(ascii: "E"): word.bytes.append(0x1B)
            case UInt8(ascii: "f"): word.bytes.append(0x0C)
            case UInt8(ascii: "n"): word.bytes.append(0x0A)
            case UInt8(ascii: "r"): word.bytes.append(0x0D)
            case UInt8(ascii: "t"): word.bytes.append(0x09)
            case UInt8(ascii: "v"): word.bytes.append(0x0B)
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "?"): word.bytes.append(escape)
            case UInt8(ascii: "x"): append(digits(base: 16, most: 2), to: &word)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                at -= 1
                append(digits(base: 8, most: 3), to: &word)
            // Code points depend on the locale; control characters are nobody's need.
            case UInt8(ascii: "u"), UInt8(ascii: "U"), UInt8(ascii: "c"): word.depends(on: "a quoted code point")
            default: word.bytes += [byte, escape]
            }
        }
        throw Failure("a quote that is not closed")
    }

    private mutating func digits(base: UInt32, most: Int) -> UInt32? {
        var value: UInt32?
        for _ in 0..<most {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < base else {
                break
            }
            value = (value ?? 0) * base + UInt32(digit)
            at += 1
        }
        return value
    }

    /// A zero byte would end the word early, and no digits keep the escape as it is.
    private func append(_ value: UInt32?, to word: inout ParsedWord) {
        guard let value, value & 0xFF != 0 else { return word.depends(on: "a quoted byte") }
        word.bytes.append(UInt8(value & 0xFF))
    }
}
