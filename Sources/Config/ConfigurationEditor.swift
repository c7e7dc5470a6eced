package import Basics
import Glibc
package import Wire

/// Changes one option in one of the user's files: `lockgate config set`.
package struct ConfigurationEditor: Sendable {
    private let loader: ConfigurationLoader

    package init(_ loader: ConfigurationLoader) {
        self.loader = loader
    }

    /// Which file to change.
    package enum Target: Sendable, Hashable {
        case user
        case profile(String)
        /// The directory that holds the `.lockgate` folder.
        case project(String)
    }

    /// What a change did.
    package struct Change: Sendable, Hashable {
        package var key: String
        package var file: String
        /// Nil when the file did not set the key before.
        package var old: JSONValue?
        package var new: JSONValue
    }

    /// Sets a key to a value that is written as after `-c key=`; the file is made if need be.
    ///
    /// The file is replaced whole, keeps its mode, and is followed through a symbolic link, as dotfile managers use.
    /// - Throws: `config.unknown_key`, `config.value`, errors of a file that is not valid as it stands, `config.edit`, or
    ///   `config.write`. The file is unchanged then.
    package func set(_ key: String, to text: String, in target: Target = .user) throws(LockgateError) -> Change {
        let file = try path(of: target)
        guard let path = DottedKey.split(key) else {
            throw LockgateError(
                "config.unknown_key", "\(key.printable) is not a dotted key", remedy: "write for example network.mode")
        }
        let value = try value(path, key, text)
        try refuseProjectKey(path, target)
        let real = PosixFile.canonical(file) ?? file
        let source = SourceText(name: file, bytes: try ConfigurationFile.read(file) ?? [])
        let old = try TOMLDocument(source).value(at: path)
        let edited = try TOMLEdit.set(path, to: value, in: source)
        // What would not load must not be saved.
        _ = try loader.check(SourceText(name: file, bytes: edited), target.layer)
        var status = stat()
        let mode = stat(real, &status) == 0 ? status.st_mode & 0o777 : 0o600
        do throws(SystemError) {
            try PosixFile.makeDirectory(PathText.parent(real))
            try PosixFile.replace(real, with: edited, mode: mode)
        } catch {
            throw LockgateError(
                "config.write", "cannot write \(file.printable): \(error.reason)",
                remedy: "check the permissions of \(PathText.parent(real).printable) and the disk")
        }
        return Change(key: DottedKey.join(path), file: file, old: old, new: value)
    }

    private func path(of target: Target) throws(LockgateError) -> String {
        switch target {
        case .user: loader.userFile
        case .profile(let name): try loader.profileFile(name)
        case .project(let directory):
            "\(directory)/\(ConfigurationLoader.projectFolder)/\(ConfigurationLoader.fileName)"
        }
    }

    /// The value by the option's type, as the command line's overrides are read; paths stay as they were written.
    private func value(_ path: [String], _ key: String, _ text: String) throws(LockgateError) -> JSONValue {
        let reader = OverrideReader(directory: loader.workingDirectory, userHome: "/")
        let override = ConfigurationOverride(key: key, text: text, flag: "config set")
        guard case .option = OptionTable.all.match(path) else {
            _ = try reader.read(override)
            throw LockgateError(
                "config.value", "\(key.printable) is a table",
                remedy: "name one option in it, as in \(key.printable).NAME")
        }
        _ = try reader.read(override)
        return reader.value(of: override, path)
    }

    private func refuseProjectKey(_ path: [String], _ target: Target) throws(LockgateError) {
        guard case .project = target, case .option(let index, _) = OptionTable.all.match(path),
            case .refused(let reason) = OptionTable.all.options[index].project
        else { return }
        throw LockgateError(
            "config.project_refused", "a project may not set \(DottedKey.join(path)), because \(reason)",
            remedy: "set it for yourself: lockgate config set \(DottedKey.join(path)) ...")
    }
}

extension ConfigurationEditor.Target {
    fileprivate var layer: Origin.Layer {
        switch self {
        case .user: .user
        case .profile(let name): .profile(name)
        case .project(let directory): .project(directory)
        }
    }
}

extension TOMLDocument {
    fileprivate func value(at path: [String]) -> JSONValue? {
        path.reduce(JSONValue.object(root) as JSONValue?) { $0?[$1] }
    }
}
