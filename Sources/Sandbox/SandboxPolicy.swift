package import Wire

/// What a command may touch. A value: the session compiles it into a plan of mounts before anything runs.
package struct SandboxPolicy: Sendable, Hashable {
    package var mode: SandboxMode
    /// The layers that enforce it, of those that this machine grants.
    package var level: SandboxLevel
    /// Everything but `.on` is a network of its own that has nothing but loopback.
    package var network: NetworkMode
    /// The folder the agent works in; absolute or relative to the process. Writable in `workspace-write`.
    package var workspace: String
    /// Where the changes to the workspace go instead; nil to make them in place.
    package var stage: Stage?
    /// More writable folders. Each must exist.
    package var writableRoots: [String]
    /// Paths or globs hidden in addition to `SecretPaths`; `~` is the home folder.
    package var maskedPaths: [String]
    /// Paths or globs taken out of the default masks again.
    package var unmaskedPaths: [String]
    /// Device nodes that commands can open besides the harmless ones, as `DeviceFamily` finds them; what is no character
    /// device below /dev is left out. Not at the level of a fence.
    package var devices: [String]
    /// Paths inside writable roots that stay as they are. A missing one cannot be created.
    package var readOnlyPaths: [String]
    /// The user's home folder, whose secrets are hidden.
    package var home: String
    /// Processes and threads at most, in one command.
    package var processLimit: UInt32
    /// Bytes at most in the private temporary folders together (they live in memory).
    package var temporaryBytes: UInt64

    /// A folder, outside of the workspace, that takes what commands change in the workspace.
    package struct Stage: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            /// The folder's `upper` holds what differs, `work` is the kernel's.
            case overlay
            /// The folder is the workspace as a whole.
            case copy
        }

        package var kind: Kind
        /// Canonical.
        package var folder: String

        package init(kind: Kind, folder: String) {
            self.kind = kind
            self.folder = folder
        }
    }

    /// A policy with every default; `home` is $HOME.
    package init(
        mode: SandboxMode, network: NetworkMode = .off, workspace: String, writableRoots: [String] = [],
        maskedPaths: [String] = [], unmaskedPaths: [String] = [], devices: [String] = [],
        readOnlyPaths: [String] = [],
        home: String = Paths.home, processLimit: UInt32 = 4096, temporaryBytes: UInt64 = 4 << 30,
        level: SandboxLevel = .full
    ) {
        self.mode = mode
        self.level = level
        self.network = network
        self.workspace = workspace
        self.writableRoots = writableRoots
        self.maskedPaths = maskedPaths
        self.unmaskedPaths = unmaskedPaths
        self.devices = devices
        self.readOnlyPaths = readOnlyPaths
        self.home = home
        self.processLimit = processLimit
        self.temporaryBytes = temporaryBytes
    }
}

/// Where a command's standard descriptors lead.
package enum CommandIO: Sendable, Hashable {
    /// Output and errors in one pipe; input is a pipe, or /dev/null without.
    case merged(input: Bool)
    /// A new terminal of this size in character cells.
    case terminal(rows: UInt16, columns: UInt16)
    /// These descriptors of this process: input, output, errors.
    case descriptors(Int32, Int32, Int32)

    /// This process's own input, output and errors.
    package static var inherit: CommandIO { .descriptors(0, 1, 2) }
}

/// One command to run.
package struct SandboxCommand: Sendable, Hashable {
    /// Program and arguments; a program without `/` is looked up in the command's own PATH.
    package var arguments: [String]
    /// Absolute, as seen inside.
    package var workingDirectory: String
    /// The whole environment; see `CommandEnvironment`.
    package var environment: [String: String]
    package var io: CommandIO

    package init(
        arguments: [String], workingDirectory: String, environment: [String: String],
        io: CommandIO = .merged(input: false)
    ) {
        self.arguments = arguments
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.io = io
    }
}
