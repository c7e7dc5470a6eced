/// A colour as the product names it; what the terminal can show of it is the encoder's to work out.
package enum TerminalColour: Sendable, Hashable {
    /// The terminal's own.
    case standard
    /// 0 to 7 and their bright forms, 8 to 15: as the user's theme has them.
    case palette(UInt8)
    case rgb(UInt8, UInt8, UInt8)

    package static let red = TerminalColour.palette(1)
    package static let green = TerminalColour.palette(2)
    package static let yellow = TerminalColour.palette(3)
    package static let blue = TerminalColour.palette(4)
    package static let magenta = TerminalColour.palette(5)
    package static let cyan = TerminalColour.palette(6)
    package static let grey = TerminalColour.palette(8)
}

/// How many colours a terminal shows.
package enum ColourDepth: Int, Sendable, Hashable, CaseIterable {
    /// None: bold, underline and the like remain.
    case none, sixteen, palette, full

    /// What the environment says (`NO_COLOR`, `COLORTERM`, `TERM`).
    package init(environment: [String: String]) {
        let term = environment["TERM"] ?? ""
        if !(environment["NO_COLOR"] ?? "").isEmpty || term == "dumb" || term.isEmpty {
            self = .none
        } else if ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") || term.hasSuffix("-direct") {
            self = .full
        } else if term.contains("256color") || term.contains("kitty") || term.contains("alacritty") {
            self = .palette
        } else {
            self = .sixteen
        }
    }
}

extension TerminalColour {
    /// The parameters that select it, `base` being 30 for the foreground and 40 for the background; nil for the
    /// terminal's own.
    func parameters(base: Int, depth: ColourDepth) -> String? {
        switch (self, depth) {
        case (.standard, _), (_, .none): return nil
        case (.palette(let index), _) where index < 8: return "\(base + Int(index))"
        case (.palette(let index), _) where index < 16: return "\(base + 52 + Int(index))"
        case (.palette(let index), .sixteen):
            let (red, green, blue) = Self.components(index)
            return TerminalColour.palette(Self.nearestOfSixteen(red, green, blue)).parameters(base: base, depth: depth)
        case (.palette(let index), _): return "\(base + 8);5;\(index)"
        case (.rgb(let red, let green, let blue), .full): return "\(base + 8);2;\(red);\(green);\(blue)"
        case (.rgb(let red, let green, let blue), .palette):
            return "\(base + 8);5;\(Self.nearestInCube(red, green, blue))"
        case (.rgb(let red, let green, let blue), .sixteen):
            return TerminalColour.palette(Self.nearestOfSixteen(red, green, blue)).parameters(base: base, depth: depth)
        }
    }

    private static let levels: [UInt8] = [0, 95, 135, 175, 215, 255]

    /// Red, green and blue of the cube and the greys, 16 to 255.
    static func components(_ index: UInt8) -> (UInt8, UInt8, UInt8) {
        if index >= 232 {
            let grey = 8 + (index - 232) * 10
            return (grey, grey, grey)
        }
        let cube = Int(index) - 16
        return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
    }

    static func nearestInCube(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        func distance(_ index: UInt8) -> Int {
            let (r, g, b) = components(index)
            func square(_ a: UInt8, _ b: UInt8) -> Int { (Int(a) - Int(b)) * (Int(a) - Int(b)) }
            return square(r, red) + square(g, green) + square(b, blue)
        }
        return (16...255).min { distance($0) < distance($1) } ?? 16
    }

    /// By the hue that dominates, bright where it is light.
    static func nearestOfSixteen(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
        let (most, least) = (max(red, green, blue), min(red, green, blue))
        if most - least < 40 { return most < 48 ? 0 : most < 144 ? 8 : most < 208 ? 7 : 15 }
        let threshold = (Int(most) + Int(least)) / 2
        let bits = (Int(red) > threshold ? 1 : 0) | (Int(green) > threshold ? 2 : 0) | (Int(blue) > threshold ? 4 : 0)
        return UInt8(bits) + (most > 192 ? 8 : 0)
    }
}
