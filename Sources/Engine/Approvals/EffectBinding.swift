import Basics
import Glibc
import Journal
import Policy
import Wire

/// What an answer about a command is bound to. Between question and run the command itself stays the same; what it
/// names may not: this is worked out before the question and again right before the run.
///
/// It proves that arguments, folder, environment, and the programs and scripts that the command line names are those
/// that were asked about. It proves nothing about files that these read in turn; `limits` says so.
struct EffectBinding: Sendable, Hashable {
    /// Over everything below, and over the arguments as separate texts.
    let digest: String
    /// The files that it depends on.
    let files: [BoundFile]
    /// What it cannot hold on to.
    let limits: [String]
    /// The texts of small scripts among the files, as they were when they were bound: a reviewer who looks at the file
    /// itself may be shown another one.
    let scripts: [ApprovalRequest.Script]

    private static let maximumFolders = 16

    /// Longer texts, and what goes beyond this together, are not shown.
    private static let maximumText = 8192
    private static let maximumTexts = 32_768

    /// Programs whose arguments are scripts.
    private static let interpreters: Set<String> = [
        ".", "awk", "bash", "bun", "dash", "deno", "elixir", "fish", "gawk", "gmake", "java", "julia", "ksh", "lua",
        "make", "mawk", "node", "osascript", "perl", "php", "pypy", "python", "Rscript", "ruby", "sed", "sh", "source",
        "tclsh", "ts-node", "tsx", "zsh",
    ]
    /// Programs that find what they run in files of these names, besides others.
    private static let builders: [String: [String]] = [
        "bazel": [], "bun": ["package.json"], "cargo": ["Cargo.toml", "build.rs"], "cmake": ["CMakeLists.txt"],
        "dotnet": [], "go": [], "gmake": ["GNUmakefile", "makefile", "Makefile"], "gradle": ["build.gradle"],
        "just": ["justfile"], "make": ["GNUmakefile", "makefile", "Makefile"], "meson": ["meson.build"],
        "mvn": ["pom.xml"], "ninja": ["build.ninja"], "npm": ["package.json"], "npx": ["package.json"],
        "pnpm": ["package.json"], "pytest": ["conftest.py"], "rake": ["Rakefile"], "swift": ["Package.swift"],
        "tox": ["tox.ini"], "yarn": ["package.json"],
    ]

    init(digest: String, files: [BoundFile]) {
        (self.digest, self.files, limits, scripts) = (digest, files, [], [])
    }

    /// For a question about a place rather than a command: a digest over both.
    static func digest(argv: [String], cwd: String, root: String) -> String {
        JournalRecord.digest(JSONValue.array([.array(argv.map(JSONValue.string)), .string(cwd), .string(root)]).bytes)
    }

    /// - Parameters:
    ///   - environment: a digest of the variables that commands get.
    ///   - path: the folders that commands look for programs in.
    ///   - roots: the folders that commands may change.
    ///   - tree: the files that commands find.
    init(
        argv: [String], cwd: String, analysis: ShellAnalysis, environment: String, path: [String], roots: [String],
        tree: FileBinding
    ) {
        var finder = Finder(path: path, roots: roots, tree: tree)
        finder.content(cwd)
        // A `cd` may fail, and a shell may take `..` by name or by place: all folders that come into question count.
        var folders = [cwd]
        for command in analysis.commands {
            for folder in folders { finder.add(command, folder) }
            guard command.words.first?.text == "cd", command.words.count == 2, let next = command.words[1].text else {
                continue
            }
            for folder in folders.flatMap({ [Self.join(next, $0), PathText.absolute(next, from: $0)] })
            where !folders.contains(folder) && folders.count < Self.maximumFolders { folders.append(folder) }
        }
        for input in analysis.inputs {
            for folder in folders { finder.content(Self.join(input, folder)) }
        }
        files = finder.files
        limits = finder.limits
        scripts = finder.scripts
        let bound: JSONValue = [
            "argv": .array(argv.map(JSONValue.string)), "cwd": .string(cwd),
            "environment": .string(environment), "files": .array(files.map(\.json)),
        ]
        digest = JournalRecord.digest(bound.bytes)
    }

    /// The files that are not the same in the other.
    func changes(to other: EffectBinding) -> [String] {
        let mine = Set(files)
        let others = Set(other.files)
        return mine.symmetricDifference(others).map(\.path).sorted().reduce(into: []) { paths, path in
            if paths.last != path { paths.append(path) }
        }
    }

    /// Collects the files that a command depends on.
    private struct Finder {
        let path: [String]
        let roots: [String]
        let tree: FileBinding
        var files: [BoundFile] = []
        var limits: [String] = []
        var scripts: [ApprovalRequest.Script] = []
        /// Bytes that are still read for their content; what goes beyond is known by inode, size and change time.
        private var bytesLeft = 256 << 20

        init(path: [String], roots: [String], tree: FileBinding) {
            self.tree = tree
            self.path = path
            self.roots = roots
        }

        mutating func add(_ command: FoundCommand, _ folder: String) {
            guard case .known(let program)? = command.words.first else { return }
            let name = PathText.name(program)
            addProgram(program, folder)
            let interprets = EffectBinding.interprets(name)
            for word in command.words.dropFirst() {
                guard case .known(let text) = word else { continue }
                for value in Self.values(in: text) { addArgument(value, folder, interprets: interprets) }
            }
            if interprets, command.words.contains(where: { $0.text == "-m" || $0.text == "-M" }) {
                note("the module that \(name) runs")
            }
            guard let names = EffectBinding.builders[name] else { return }
            for name in names { content(EffectBinding.join(name, folder)) }
            note("what \(name) runs, which files of the project say; the answer is not bound to all of them")
        }

        private mutating func addProgram(_ program: String, _ folder: String) {
            guard !program.contains("/") else { return content(EffectBinding.join(program, folder)) }
            for directory in path {
                let file = "\(directory)/\(program)"
                let isFound = tree.isExecutable(file)
                let real = tree.canonical(file) ?? file
                // A folder that commands may change: one that is not there yet would be found first.
                if roots.contains(where: { PathText.isWithin(real, $0) || PathText.isWithin(file, $0) }) {
                    content(file)
                } else if isFound {
                    add(tree.place(file))
                }
                if isFound { return }
            }
        }

        private mutating func addArgument(_ text: String, _ folder: String, interprets: Bool) {
            // A longer name is no file's, and a script on the command line is bound with the arguments.
            guard !text.isEmpty, text.utf8.count <= Int(NAME_MAX) || text.contains("/"), !text.contains("://"),
                !text.utf8.contains(0x0A), text.utf8.count < Int(PATH_MAX)
            else { return }
            let file = EffectBinding.join(text, folder)
            if interprets, !text.hasPrefix("-") {
                if tree.isDirectory(file) { note("what is in the folder \(text)") }
                return content(file)
            }
            if tree.isProgram(file) { return content(file) }
            if text.contains("/") || tree.isLink(file) { add(tree.place(file)) }
        }

        /// A word, and the value of an option that it may be: `--file=x`, `-fx`.
        private static func values(in text: String) -> [String] {
            if let equals = text.firstIndex(of: "=") { return [text, String(text[text.index(after: equals)...])] }
            return text.hasPrefix("-") && !text.hasPrefix("--") && text.count > 2
                ? [text, String(text.dropFirst(2))] : [text]
        }

        mutating func content(_ path: String) {
            let limit = min(FileBinding.maximumBytes, bytesLeft)
            let (file, bytes) = tree.contentWithBytes(path, limit: limit)
            bytesLeft -= bytes?.count ?? 0
            guard !files.contains(file) else { return }
            files.append(file)
            let room = EffectBinding.maximumTexts - scripts.reduce(0) { $0 + $1.text.utf8.count }
            guard let bytes, bytes.count <= min(EffectBinding.maximumText, room), !bytes.contains(0),
                let text = String(validating: bytes, as: UTF8.self)
            else { return }
            scripts.append(ApprovalRequest.Script(path: path, text: text))
        }

        private mutating func add(_ file: BoundFile) { if !files.contains(file) { files.append(file) } }

        private mutating func note(_ text: String) { if !limits.contains(text) { limits.append(text) } }
    }

    /// A path as the kernel takes it: `..` after a link leads to the parent of the link's target.
    private static func join(_ path: String, _ folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    /// `python3.12` is python.
    private static func interprets(_ name: String) -> Bool {
        let plain = name.prefix { !$0.isNumber }
        return interpreters.contains(name) || interpreters.contains(String(plain))
    }
}
