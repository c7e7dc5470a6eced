import CZlib

/// One direction of gzip (RFC 1952) over bytes that come in pieces.
package final class GzipStream {
    package enum Direction: Sendable { case compress, expand }

    private let direction: Direction
    /// At one address for as long as zlib knows it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isOver = false
    private var out = [UInt8](repeating: 0, count: 128 << 10)

    /// - Throws: `GzipError` where there is no memory for it.
    package init(_ direction: Direction) throws(GzipError) {
        self.direction = direction
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = direction == .compress ? lockgate_deflate_begin(stream) : lockgate_inflate_begin(stream)
        guard result == Z_OK else { throw GzipError(description: "zlib cannot begin (\(result))") }
    }

    deinit {
        _ = direction == .compress ? deflateEnd(stream) : inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Takes a piece in and hands over what comes out.
    ///
    /// - Throws: `GzipError` for what is no gzip, or goes on after its end; what `body` throws.
    package func take(_ piece: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
        guard !piece.isEmpty else { return }
        try step(piece, Z_NO_FLUSH, body)
    }

    /// - Throws: `GzipError` for a stream that is cut.
    package func finish(_ body: (ArraySlice<UInt8>) throws -> Void) throws {
        if direction == .compress { try step([], Z_FINISH, body) }
        guard isOver else { throw GzipError(description: "the compressed file is cut") }
    }

    private func step(_ piece: ArraySlice<UInt8>, _ flush: Int32, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
        var input = Array(piece)
        var used = 0
        while true {
            guard !isOver else {
                guard used == input.count else {
                    throw GzipError(description: "there is more after the compressed file's end")
                }
                return
            }
            let (result, took, gave) = input.withUnsafeMutableBufferPointer { input in
                out.withUnsafeMutableBufferPointer { out in
                    stream.pointee.next_in = input.baseAddress?.advanced(by: used)
                    stream.pointee.avail_in = UInt32(input.count - used)
                    stream.pointee.next_out = out.baseAddress
                    stream.pointee.avail_out = UInt32(out.count)
                    let result = direction == .compress ? deflate(stream, flush) : inflate(stream, flush)
                    return (
                        result, input.count - used - Int(stream.pointee.avail_in),
                        out.count - Int(stream.pointee.avail_out)
                    )
                }
            }
            used += took
            if gave > 0 { try body(out[..<gave]) }
            switch result {
            case Z_STREAM_END: isOver = true
            case Z_OK: if used == input.count, gave < out.count, flush == Z_NO_FLUSH { return }
            // Nothing left to do with what there is.
            case Z_BUF_ERROR where flush == Z_NO_FLUSH: return
            default: throw GzipError(description: "the compressed file is damaged (\(result))")
            }
        }
    }
}
