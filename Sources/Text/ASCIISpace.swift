extension UInt8 {
    /// Space, tab, LF, vertical tab, form feed or CR.
    var isASCIISpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}

extension ArraySlice<UInt8> {
    /// Without ASCII white space at the end.
    var trimmedEnd: ArraySlice<UInt8> {
        var end = endIndex
        while end > startIndex, self[end - 1].isASCIISpace { end -= 1 }
        return self[startIndex..<end]
    }

    /// Without ASCII white space at both ends.
    var trimmed: ArraySlice<UInt8> {
        let text = trimmedEnd
        var start = text.startIndex
        while start < text.endIndex, text[start].isASCIISpace { start += 1 }
        return text[start...]
    }
}
