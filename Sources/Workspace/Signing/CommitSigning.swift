import Basics
import Glibc
package import Wire

/// Signs commits, and annotated tags of them, after they were made, with the user's key, outside of every sandbox.
///
/// Commands never reach a key, so their commits are unsigned. A signature is part of a commit: signing makes a new one with
/// the same tree, message, authors and times, and new ones of all that follow. Index and working tree stay as they are.
package struct CommitSigning: Sendable {
    /// A commit that is to be signed.
    package struct Item: Sendable, Hashable {
        package var hash: String
        package var subject: String
    }

    /// Oldest first.
    package let items: [Item]
    /// A tag that is to be signed.
    package struct Tag: Sendable, Hashable {
        /// `refs/tags/NAME`.
        package var reference: String
        package var hash: String
        package var subject: String
    }

    /// In the order of their names.
    package let tags: [Tag]
    /// The branch, or `HEAD` where it is detached.
    package let reference: String
    /// `ssh /home/u/.ssh/id_ed25519`.
    package var keyName: String { "\(key.format.rawValue) \(key.key)" }

    private let git: HostGit
    private let key: SigningKey
    private let head: String
    private let commits: [(hash: String, commit: CommitObject)]
    private let tagged: [(tag: Tag, object: TagObject)]
    private let objectFormat: String

    /// More are no work of an agent's.
    private static let most = 1000
    /// A replaced object would be shown, and another one signed.
    private static let plain = ["GIT_NO_REPLACE_OBJECTS": "1"]

    /// Finds out what is to be signed; changes nothing.
    ///
    /// - Parameters:
    ///   - base: everything after it; nil for what no remote has.
    ///   - environment: the user's.
    /// - Throws: `sign.*`, `git.*`.
    package init(
        in directory: String, since base: String?, environment: [String: String]
    ) throws(LockgateError) {
        let git = try HostGit(in: directory, search: environment["PATH"] ?? "")
        guard let common = try git.line(["rev-parse", "--path-format=absolute", "--git-common-dir"]),
            let repository = PosixFile.canonical(common),
            let head = try git.line(["rev-parse", "--verify", "HEAD^{commit}"]),
            CommitObject.isHash(head)
        else {
            throw LockgateError("sign.no_commits", "\(directory) is in no repository that has commits")
        }
        let top = try git.line(["rev-parse", "--show-toplevel"]).flatMap { PosixFile.canonical($0) }
        for state in ["rebase-merge", "rebase-apply"] {
            if let path = try git.line(["rev-parse", "--path-format=absolute", "--git-path", state]),
                PosixFile.exists(path)
            {
                throw LockgateError(
                    "sign.rebase", "a rebase is under way", remedy: "finish it first: git rebase --continue")
            }
        }
        let key = try SigningKey(environment: environment, outside: [repository] + [top].compactMap(\.self))
        let range = try Self.range(git, head: head, since: base)
        let found = try Self.unsigned(git, range, email: key.email)
        let tagged = try Self.unsignedTags(git, of: range, email: key.email)
        self.git = git
        self.key = key
        self.head = head
        commits = found
        items = found.map { Item(hash: $0.hash, subject: $0.commit.subject) }
        self.tagged = tagged
        tags = tagged.map(\.tag)
        reference = try git.line(["symbolic-ref", "-q", "HEAD"]) ?? "HEAD"
        objectFormat = head.utf8.count == 64 ? "sha256" : "sha1"
    }

    /// The commits it is about, parents first.
    private static func range(
        _ git: HostGit, head: String, since base: String?
    ) throws(LockgateError) -> [String] {
        var range = ["--not", "--remotes"]
        if let base {
            guard !base.hasPrefix("-"),
                let hash = try git.line(["rev-parse", "--verify", "--end-of-options", "\(base)^{commit}"]),
                CommitObject.isHash(hash)
            else { throw LockgateError("sign.base", "there is no commit \(base)", exitCode: 2) }
            range = ["--not", hash]
        } else if try git.run(["for-each-ref", "--count=1", "refs/remotes"]).isEmpty {
            throw LockgateError(
                "sign.no_base", "there is no remote branch that would say where to begin",
                remedy: "name the last commit that stays as it is: lockgate sign HEAD~2", exitCode: 2)
        }
        let list = try git.run(
            ["rev-list", "--topo-order", "--reverse", "--max-count=\(most + 1)", head] + range, environment: plain)
        let hashes = String(decoding: list, as: UTF8.self).split(separator: "\n").map(String.init)
        guard hashes.count <= most else {
            throw LockgateError(
                "sign.too_many", "more than \(most) commits would be signed", remedy: "name a later base")
        }
        return hashes
    }

    private static func unsigned(
        _ git: HostGit, _ hashes: [String], email: String
    ) throws(LockgateError) -> [(hash: String, commit: CommitObject)] {
        var found: [(hash: String, commit: CommitObject)] = []
        var changed: Set<String> = []
        for hash in hashes {
            let bytes = try git.run(["cat-file", "commit", hash], environment: plain)
            guard let commit = CommitObject(bytes) else {
                throw LockgateError("sign.malformed", "\(hash) is no well-formed commit")
            }
            guard !commit.isSigned || !changed.isDisjoint(with: commit.parents) else { continue }
            guard commit.committerEmail == email else {
                throw LockgateError(
                    "sign.foreign",
                    "\(hash.prefix(12)) was committed by \(commit.committerEmail), and your address is \(email)",
                    remedy: "name a base after it")
            }
            changed.insert(hash)
            found.append((hash, commit))
        }
        return found
    }

    /// The user's own tags of these commits, as far as no remote branch has the commit. Of a tag itself nobody can tell
    /// here who has it: none is signed whose commit was sent already.
    private static func unsignedTags(
        _ git: HostGit, of range: [String], email: String
    ) throws(LockgateError) -> [(tag: Tag, object: TagObject)] {
        let format = "--format=%(objecttype) %(objectname) %(refname)"
        let list = String(decoding: try git.run(["for-each-ref", format, "refs/tags"]), as: UTF8.self)
        let annotated = list.split(separator: "\n").compactMap { line -> Tag? in
            let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard parts.count == 3, parts[0] == "tag" else { return nil }
            return Tag(reference: parts[2], hash: parts[1], subject: "")
        }
        guard !annotated.isEmpty, let last = range.last else { return [] }
        let kept = try git.run(["rev-list", "--max-count=\(most)", last, "--not", "--remotes"], environment: plain)
        let own = Set(range).intersection(
            String(decoding: kept, as: UTF8.self).split(separator: "\n").map(String.init))
        var found: [(tag: Tag, object: TagObject)] = []
        for var tag in annotated {
            let bytes = try git.run(["cat-file", "tag", tag.hash], environment: plain)
            guard let object = TagObject(bytes), own.contains(object.target), !object.isSigned,
                object.taggerEmail == email, tag.reference == "refs/tags/\(object.name)"
            else { continue }
            tag.subject = object.subject
            found.append((tag, object))
        }
        return found
    }

    /// Signs, and moves the branch and the tags to what came of it in one step; nothing has changed where that fails.
    ///
    /// - Returns: the new commits and tags by the old.
    /// - Throws: `sign.failed`; `sign.moved` where somebody committed meanwhile.
    package func carryOut() throws(LockgateError) -> [String: String] {
        var replaced: [String: String] = [:]
        for (hash, commit) in commits {
            let payload = commit.payload(replacing: replaced)
            guard let bytes = CommitObject.signed(payload, with: try key.signature(of: payload), format: objectFormat)
            else {
                throw LockgateError("sign.malformed", "\(hash) is no well-formed commit")
            }
            let written = try git.run(
                ["hash-object", "-t", "commit", "-w", "--stdin"], input: bytes, environment: Self.plain)
            replaced[hash] = String(decoding: written.prefix { $0 != 0x0A }, as: UTF8.self)
        }
        var moves: [(reference: String, new: String, old: String)] = []
        if let tip = replaced[head] { moves.append((reference, tip, head)) }
        for (tag, object) in tagged {
            let payload = object.payload(replacing: replaced)
            let bytes = TagObject.signed(payload, with: try key.signature(of: payload))
            let written = try git.run(
                ["hash-object", "-t", "tag", "-w", "--stdin"], input: bytes, environment: Self.plain)
            let new = String(decoding: written.prefix { $0 != 0x0A }, as: UTF8.self)
            moves.append((tag.reference, new, tag.hash))
        }
        guard !moves.isEmpty else { return replaced }
        // One transaction: all of them or none.
        let orders = moves.flatMap { "option no-deref\0update \($0.reference)\0\($0.new)\0\($0.old)\0".utf8 }
        let move = try git.attempt(["update-ref", "-m", "lockgate sign", "--stdin", "-z"], input: orders)
        guard move.status == 0 else {
            let changed = tagged.isEmpty ? reference : "\(reference) or a tag"
            throw LockgateError(
                "sign.moved", "\(changed) has changed meanwhile; nothing was signed", remedy: "run it again")
        }
        for (_, new, old) in moves { replaced[old] = new }
        return replaced
    }
}
