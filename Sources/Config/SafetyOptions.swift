import Basics
import Wire

private let widens = "it gives commands more than the user did"

extension ConfigurationOption {
    /// Options about what commands may do.
    static let safetyOptions: [ConfigurationOption] = [
        option(
            "sandbox_mode", .choice(SandboxMode.allCases.map(\.rawValue)), \.sandboxMode,
            default: .byTrust(trusted: "workspace-write", untrusted: "read-only"),
            project: .narrowing(.choices(["read-only", "workspace-write", "danger-full-access"])),
            """
            How much of the file system commands may change: nothing, the workspace and `writable_roots`, or everything. \
            The default depends on whether the project is trusted.
            """),
        option(
            "workspace", .choice(WorkspaceKind.allCases.map(\.rawValue)), \.workspace,
            default: .unset("`staged` in a project that is not trusted where nobody set `sandbox_mode`, else `direct`"),
            project: .narrowing(.choices(["staged", "direct"])),
            """
            Where what commands and patches change in the workspace goes: `direct` changes it in place, `staged` keeps the \
            changes apart until `lockgate apply`; see `docs/staged.md`.
            """),
        option(
            "approval_policy", .choice(ApprovalPolicy.allCases.map(\.rawValue)), \.approvalPolicy,
            default: .value("on-request"), project: .narrowing(.choices(["untrusted", "on-request", "never"])),
            """
            When a question is asked: `untrusted` about changes of files, input for commands, and all commands but those that \
            only read, \
            `on-request` about commands that rules prompt for, `never` refuses instead of asking.
            """),
        option(
            "approvals_reviewer", .choice(ApprovalsReviewer.allCases.map(\.rawValue)), \.approvalsReviewer,
            default: .value("user"), project: .narrowing(.choices(["never", "user", "command", "auto_review"])),
            """
            Who answers where `approval_policy` asks: a person (`user`; in `lockgate exec` with `--ask` on a terminal), a \
            program (`command`), a model (`auto_review`), or nobody (`never`). Without an answer the answer is no.
            """),
        option(
            "approvals.command", .list(.text), \.approvals.command, default: .value([]),
            project: .refused("it runs a program outside the sandbox"),
            """
            The program for `approvals_reviewer = "command"`, with its arguments: it reads the question as JSON and writes \
            its answer as JSON.
            """),
        option(
            "approvals.timeout_seconds", .integer(1...86_400), \.approvals.timeoutSeconds, default: .value(60),
            project: .refused("it belongs to the user"),
            "How long `approvals.command` may take. After that the answer is no."),
        option(
            "approvals.grant_days", .integer(1...3650), \.approvals.grantDays, default: .value(30),
            project: .refused(widens), "How many days a grant for a project or for you counts."),
        option(
            "sandbox_workspace_write.writable_roots", .list(.path), \.sandboxWorkspaceWrite.writableRoots,
            default: .value([]), project: .refused(widens), "Folders besides the workspace that commands may change."),
        option(
            "sandbox_workspace_write.network_access", .boolean, \.sandboxWorkspaceWrite.networkAccess,
            default: .value(false), project: .narrowing(.boolean(strict: false)),
            "The same as `network.mode = \"on\"`, under Codex's name; counts in `workspace-write` only."),
        option(
            "sandbox_workspace_write.exclude_tmpdir_env_var", .boolean, \.sandboxWorkspaceWrite.excludeTmpdirEnvVar,
            default: .value(false), project: .narrowing(.boolean(strict: true)),
            "Leave the folder that `TMPDIR` names out of what commands may change."),
        option(
            "sandbox_workspace_write.exclude_slash_tmp", .boolean, \.sandboxWorkspaceWrite.excludeSlashTmp,
            default: .value(false), project: .narrowing(.boolean(strict: true)),
            "Leave `/tmp` out of what commands may change."),
        option(
            "network.mode", .choice(NetworkMode.allCases.map(\.rawValue)), \.networkMode, default: .value("off"),
            project: .narrowing(.choices(["off", "allowlist", "ask", "on"])),
            """
            What commands may reach: nothing, hosts the user is asked about, hosts that rules allow, or everything. \
            Independent of `sandbox_mode`.
            """),
        option(
            "shell_environment_policy.inherit", .choice(EnvironmentInheritance.allCases.map(\.rawValue)),
            \.shellEnvironmentPolicy.inherit, default: .value("all"),
            project: .narrowing(.choices(["none", "core", "all"])),
            """
            The variables commands start from: `all` of the caller's, the `core` ones (HOME, PATH, SHELL, USER and the \
            like), or `none`. The provider's keys never pass, whatever stands here.
            """),
        option(
            "shell_environment_policy.ignore_default_excludes", .boolean,
            \.shellEnvironmentPolicy.ignoreDefaultExcludes,
            default: .value(false), project: .narrowing(.boolean(strict: false)),
            """
            Keep variables whose names look like secrets (`*KEY*`, `*SECRET*`, `*TOKEN*`). Codex's default is true; here \
            it is false.
            """),
        option(
            "shell_environment_policy.exclude", .list(.string), \.shellEnvironmentPolicy.exclude, default: .value([]),
            project: .allowed, merge: .union,
            "Globs over names of variables that commands do not get; all layers' globs count."),
        entry(
            "shell_environment_policy.set.<VARIABLE>", .text, \.shellEnvironmentPolicy.set, project: .afterReview,
            "Variables that commands get in any case."),
        option(
            "shell_environment_policy.include_only", .list(.string), \.shellEnvironmentPolicy.includeOnly,
            default: .value([]), project: .refused(widens),
            "Globs over names; if not empty, commands get only variables that match one."),
        option(
            "filesystem.deny_read", .list(.pathPattern), \.denyRead, default: .value([]), project: .allowed,
            merge: .union,
            """
            Paths and globs that commands and file tools cannot read, besides the built-in list of secrets; all layers' \
            entries count. Relative ones start at the workspace.
            """),
        option(
            "filesystem.allow_read", .list(.pathPattern), \.allowRead, default: .value([]), project: .refused(widens),
            """
            Paths and globs of the built-in list of secrets that commands may read all the same. Entries of \
            `filesystem.deny_read` stay hidden.
            """),
        option(
            "filesystem.allow_devices", .list(.choice(["gpu", "kvm"])), \.allowDevices, default: .value([]),
            project: .refused(widens),
            """
            Devices that commands can open besides the harmless ones: `gpu`, the computing nodes of graphics cards and \
            accelerators; `kvm`. What their drivers can be made to do, a command can do then.
            """),
        option(
            "filesystem.allow_auto_run", .list(.path), \.allowAutoRun, default: .value([]), project: .refused(widens),
            """
            Files and folders that a patch or `write_file` may change although agents, editors or git run or obey them by \
            themselves, such as `.vscode/tasks.json`. Commands still find them read-only.
            """),
        option(
            "outer_sandbox", .choice(OuterSandbox.allCases.map(\.rawValue)), \.outerSandbox, default: .value("none"),
            project: .refused(widens),
            """
            `container`: where this machine grants no namespaces, commands run without any layer of the sandbox's own but \
            the environment's, because the container around the agent is the sandbox. Shown and recorded in each session.
            """),
        option(
            "allow_degraded_sandbox", .boolean, \.allowDegradedSandbox, default: .value(false),
            project: .refused(widens),
            """
            Whether `workspace-write` may run where this machine grants no namespaces but Landlock and seccomp. Protected \
            names in writable folders are then watched instead of locked; there is no network.
            """),
        table(
            "hooks", \.hooks, project: .afterReview, merge: .union,
            """
            Programs that are asked or told at the gate, `[[hooks.EVENT]]`; those of all layers run; \
            see `docs/hooks.md`. A `hooks.json` beside the file is read as well.
            """),
        option(
            "allow_login_shell", .boolean, \.allowLoginShell, default: .value(true),
            project: .narrowing(.boolean(strict: false)), "Whether the model may ask for a login shell."),
        option(
            "projects.<path>.trust_level", .choice(TrustLevel.allCases.map(\.rawValue)), \.projects, \.trustLevel,
            default: .unset("not decided, which counts as untrusted"),
            project: .refused("a project cannot trust itself"),
            "Whether the user trusts the project at this path. Only a trusted project's own configuration is read."),
    ]
}
