package import Basics

/// What verifying one journal found.
package struct JournalReport: Sendable, Hashable {
    /// In the order of the file.
    package var findings: [JournalFinding] = []
    /// Findings beyond those that are listed.
    package var unlisted = 0
    /// What does not break the file but limits what it proves.
    package var warnings: [String] = []
    /// Lines that are records in themselves.
    package var records = 0
    /// The highest number among them.
    package var lastRecord: Int?
    /// Records whose content was taken out later, by a sealed record that says so.
    package var redacted: [Int] = []
    /// That record's hash.
    package var head: String?
    /// Genuine seals, and the record that is the last of them.
    package var seals = 0
    package var lastSeal: Int?
    /// Their keys, in order of appearance.
    package var keys: [SealPublicKey] = []
    /// Anchors from elsewhere that it was held to.
    package var anchors = 0
    /// The id in the first record.
    package var session: String?
    package var format = 1
    /// Bytes after the last line end.
    package var tornBytes = 0

    package init() {}

    package var isWhole: Bool { findings.isEmpty }

    /// One line for the file, then one for each finding and warning.
    ///
    /// - Parameter knownKeys: whose seals are called by name.
    package func text(path: String, knownKeys: Set<SealPublicKey>) -> String {
        var lines: [String] = []
        if let first = findings.first {
            lines.append("\(path): BROKEN at \(first.description)")
            for finding in findings.dropFirst() { lines.append("  also \(finding.description)") }
            if unlisted > 0 { lines.append("  and \(unlisted) more") }
        } else {
            lines.append(
                "\(path): whole, \(records) record\(records == 1 ? "" : "s")\(sealText(knownKeys))\(anchorText)")
        }
        for warning in warnings { lines.append("  warning: \(warning)") }
        return lines.joined(separator: "\n")
    }

    private func sealText(_ knownKeys: Set<SealPublicKey>) -> String {
        guard let lastSeal else { return "" }
        let names = keys.map { knownKeys.contains($0) ? "\($0.short)… (known)" : "\($0)" }
        return ", sealed up to record \(lastSeal) by \(names.joined(separator: ", "))"
    }

    private var anchorText: String {
        switch anchors {
        case 0: ""
        case 1: ", and an anchor holds"
        default: ", and \(anchors) anchors hold"
        }
    }

    package func json(path: String) -> JSONValue {
        [
            "path": .string(path), "whole": .bool(isWhole), "session": .optional(session), "format": .int(format),
            "records": .int(records), "last_record": .optional(lastRecord), "head": .optional(head),
            "seals": .int(seals), "last_seal": .optional(lastSeal), "keys": .array(keys.map { .string("\($0)") }),
            "anchors": .int(anchors),
            "torn_bytes": .int(tornBytes), "redacted": .array(redacted.map { .int($0) }),
            "findings": .array(findings.map(\.json)), "unlisted": .int(unlisted),
            "warnings": .array(warnings.map { .string($0) }),
        ]
    }
}
