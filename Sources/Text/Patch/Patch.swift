/// A patch in the form of Codex's `apply_patch`: sections that add, delete or update a file each.
///
/// The form carries no line numbers. A hunk finds its place by the lines it shows, which is what models do well.
package struct Patch: Sendable, Hashable {
    package let sections: [PatchSection]

    package init(sections: [PatchSection]) {
        self.sections = sections
    }
}

/// What a patch does to one file.
package struct PatchSection: Sendable, Hashable {
    package enum Action: Sendable, Hashable {
        /// The file's whole text as it is to be.
        case add([UInt8])
        case delete
        /// Hunks in file order; none at all only together with `moveTo`.
        case update(moveTo: String?, [PatchHunk])
    }

    /// As written in the patch, without white space around it.
    ///
    /// Never empty, never with a NUL.
    package let path: String
    package let action: Action
    /// Where the section's header stands in the patch, counted from 1.
    package let line: Int

    package init(path: String, action: Action, line: Int) {
        self.path = path
        self.action = action
        self.line = line
    }
}

/// One place of a file to change.
package struct PatchHunk: Sendable, Hashable {
    /// A line of the hunk without its terminator.
    package struct Line: Sendable, Hashable {
        package let kind: DiffHunk.LineKind
        package let text: [UInt8]

        package init(_ kind: DiffHunk.LineKind, _ text: [UInt8]) {
            self.kind = kind
            self.text = text
        }
    }

    /// The text after each `@@` in front of the hunk, from the outermost in: each is looked for after the one before.
    package let anchors: [[UInt8]]
    package let lines: [Line]
    /// Whether the hunk's lines are the file's last.
    package let endsFile: Bool
    /// Where the hunk begins in the patch, counted from 1.
    package let line: Int

    package init(anchors: [[UInt8]], lines: [Line], endsFile: Bool, line: Int) {
        self.anchors = anchors
        self.lines = lines
        self.endsFile = endsFile
        self.line = line
    }

    /// What the file holds at the hunk's place before the change.
    var oldLines: [[UInt8]] { lines.filter { $0.kind != .added }.map(\.text) }
}
