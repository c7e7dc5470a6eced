/// What a model wants done, read from an answer in plain Markdown.
///
/// A small model that is made to write JSON spends itself on the form. In its own Markdown, an explanation and then a
/// fenced block, it does far better, so the harness reads that: a shell block is a command to run, any other block a
/// file to write. Any text is an answer; none is an error.
package struct MarkdownActions: Sendable, Hashable {
    package enum Action: Sendable, Hashable {
        /// The block's first command; what follows it in the block is mostly imagined output.
        case run(String)
        /// A file's whole new text. One path where the answer names it on the line before the block; else those in the
        /// prose that fit the block's language, of which the caller takes the most similar file. None for a block
        /// behind another one that could be meant for the same file.
        case write(candidates: [String], content: String)
    }

    /// Why a block was not used.
    package enum Complaint: Sendable, Hashable {
        /// The last block has no end.
        case cutOff
        /// A block of code belongs to no file.
        case noPath
    }

    /// In order of appearance.
    package private(set) var actions: [Action] = []
    package private(set) var complaints: [Complaint] = []
    /// The text for people: what is left without the blocks that were read as actions and the paths above them.
    package private(set) var prose = ""

    package init(_ answer: String) {
        var kept: [ArraySlice<UInt8>] = []
        /// Where the prose since the last block begins.
        var start = 0
        var scanner = FenceScanner(Array(answer.utf8))
        while let piece = scanner.next() {
            switch piece {
            case .line(let line): kept.append(line)
            case .block(let block):
                let near = kept[start...].lastIndex { !$0.isBlank }
                let above = near.flatMap { MarkdownPath.bare(kept[$0]) }
                if !block.isClosed {
                    complaints.append(.cutOff)
                } else if let found = actions(of: block, above: above, prose: kept[start...]) {
                    actions += found
                    // The path has done its work.
                    if above != nil, let near { kept.removeSubrange(near...) }
                } else {
                    kept.append(contentsOf: block.lines)
                }
                start = kept.count
            }
        }
        prose = MarkdownText.trimmed(kept)
    }

    private mutating func actions(
        of block: FencedBlock, above: String?, prose: ArraySlice<ArraySlice<UInt8>>
    ) -> [Action]? {
        guard block.body.contains(where: { !$0.isBlank }) else { return nil }
        let files = PathComment.files(in: block, path: above ?? block.path).filter { !$0.text.isEmpty }
        if !files.isEmpty { return files.map { .write(candidates: [$0.path], content: $0.text) } }
        let language = CodeLanguage(block.language)
        switch language.role {
        case .shell: return ShellBlock.firstCommand(block.body).map { [.run($0)] }
        case .sample: return nil
        case .code:
            var candidates = MarkdownPath.quoted(in: prose).filter(language.fits)
            if candidates.isEmpty { candidates = MarkdownPath.unquoted(in: prose).filter(language.fits) }
            if candidates.isEmpty {
                // Behind another file's block it may be what lines quoted there should be.
                if case .write? = self.actions.last { return [.write(candidates: [], content: block.text)] }
                complaints.append(.noPath)
                return nil
            }
            return [.write(candidates: candidates, content: block.text)]
        }
    }
}

/// Joining the lines of an answer.
enum MarkdownText {
    /// The lines as one text without blank lines at both ends, nor more than one between two others.
    static func trimmed(_ lines: [ArraySlice<UInt8>]) -> String {
        var out: [UInt8] = []
        var gap = false
        for line in lines {
            if line.isBlank {
                gap = true
                continue
            }
            if !out.isEmpty { out.append(contentsOf: gap ? [0x0A, 0x0A] : [0x0A]) }
            out.append(contentsOf: line)
            gap = false
        }
        return String(decoding: out, as: UTF8.self)
    }
}
