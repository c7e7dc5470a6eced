/// Rows as the bytes that draw them. The only place where cells become output.
struct RowEncoder: Sendable {
    let depth: ColourDepth
    /// What the styles' colours look like.
    var palette = ColourPalette.own
    /// Whether links are written as such (OSC 8).
    let links: Bool

    init(depth: ColourDepth, links: Bool) {
        self.depth = depth
        self.links = links
    }

    /// Draws cells from where the cursor is, and clears what is behind them on the row.
    func draw(_ row: CellRow, from index: Int, into bytes: inout [UInt8], clears: Bool = true) {
        var style: CellStyle? = palette.paints ? nil : .plain
        var link: String?
        for cell in row.cells[index...] {
            if cell.style != style {
                bytes += palette.style(cell.style, depth: depth).sequence(depth: depth).utf8
                style = cell.style
            }
            if links, cell.link != link {
                link = cell.link
                bytes += "\u{1B}]8;;\(link ?? "")\u{1B}\\".utf8
            }
            bytes += String(cell.text).utf8
        }
        if link != nil { bytes += "\u{1B}]8;;\u{1B}\\".utf8 }
        let end = CellStyle(.standard, on: row.fill)
        if style != end { bytes += palette.style(end, depth: depth).sequence(depth: depth).utf8 }
        if clears || palette.paints { bytes += "\u{1B}[K".utf8 }
        if end != .plain || palette.paints { bytes += "\u{1B}[0m".utf8 }
    }
}
