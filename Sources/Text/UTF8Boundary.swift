extension RandomAccessCollection where Element == UInt8 {
    /// How many bytes at the end begin a UTF-8 scalar that is not complete; 0 if the end is a scalar's end.
    ///
    /// Bytes that can never become valid UTF-8 count as complete: they are not held back for more to come.
    var incompleteScalarLength: Int {
        var length = 0
        for byte in reversed().prefix(4) {
            length += 1
            if byte & 0xC0 == 0x80 { continue }
            let needed =
                switch byte {
                case 0xC2...0xDF: 2
                case 0xE0...0xEF: 3
                case 0xF0...0xF4: 4
                default: 1
                }
            return length < needed ? length : 0
        }
        return 0
    }
}

extension ArraySlice<UInt8> {
    /// Without the bytes of a scalar that is cut off at the end.
    var droppingIncompleteScalar: ArraySlice<UInt8> { dropLast(incompleteScalarLength) }
}
