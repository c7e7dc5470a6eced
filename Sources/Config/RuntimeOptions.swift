import Basics

private let machine = "it belongs to the machine"
private let leaves = "it sends what the session does to another place"
private let person = "it belongs to the user"

extension ConfigurationOption {
    /// Options about context and the run.
    static let runtimeOptions: [ConfigurationOption] = [
        option(
            "project_doc_max_bytes", .integer(0...Int.max), \.projectDocMaxBytes, default: .value(32_768),
            project: .allowed,
            "How many bytes of AGENTS.md files are sent; what is cut is reported. 0 sends none."),
        option(
            "project_doc_fallback_filenames", .list(.fileName), \.projectDocFallbackFilenames, default: .value([]),
            project: .allowed, "Files to read in a folder that has no AGENTS.md, in order of preference."),
        option(
            "project_root_markers", .list(.fileName), \.projectRootMarkers, default: .value([".git"]),
            project: .refused("it is needed to find the project"),
            "Names whose presence makes a folder the project's root. Empty makes the working directory the root."),
        option(
            "include_environment_context", .boolean, \.includeEnvironmentContext, default: .value(true),
            project: .allowed,
            "Whether the first message tells the model the working directory, date, shell and permissions."),
        option(
            "tool_output_token_limit", .integer(1...Int.max), \.toolOutputTokenLimit, default: .value(10_000),
            project: .allowed, "How many tokens of one tool's output the model sees; head and tail are kept."),
        option(
            "background_terminal_max_timeout", .integer(1...Int.max), \.backgroundTerminalMaxTimeoutMilliseconds,
            default: .value(300_000), project: .allowed,
            "The longest wait for output of a background terminal that the model may ask for, in milliseconds."),
        option(
            "check.command", .text, \.check.command, default: .unset("none"), project: .afterReview,
            "The command that decides whether a task is done: it must exit 0."),
        option(
            "check.attempts", .integer(1...100), \.check.attempts, default: .value(3), project: .allowed,
            "How often the agent may try until the check passes."),
        option(
            "checks", .list(.text), \.checks, default: .value([]), project: .afterReview,
            """
            More commands that decide whether a task is done, after `check.command`, in their order; `--check` replaces \
            them all.
            """),
        option(
            "completion.verify", .boolean, \.completion.isVerified, default: .value(true),
            project: .narrowing(.boolean(strict: true)),
            """
            Whether a last message that claims that tests pass, a build succeeds or a bug is fixed is put to the test: \
            the check, or the test command that the agent ran, runs again and the result is told; see `docs/exec.md`.
            """),
        option(
            "completion.timeout_seconds", .integer(1...3600), \.completion.timeoutSeconds, default: .value(120),
            project: .narrowing(.smaller),
            "How long all commands that run again for a turn's claims may take together."),
        option(
            "checkpoints.enabled", .boolean, \.checkpoints.isEnabled, default: .value(true),
            project: .narrowing(.boolean(strict: true)),
            """
            Whether the workspace is recorded before the first change of each turn and after it, so that \
            `lockgate undo` can take the turn back. `--ephemeral` runs record nothing.
            """),
        option(
            "checkpoints.days", .integer(1...3650), \.checkpoints.days, default: .value(30),
            project: .refused(person),
            """
            After how many days turns are forgotten, but for the last 10 that changed something; and all checkpoints of \
            a workspace that was not used for so long.
            """),
        option(
            "checkpoints.max_bytes", .integer(1_048_576...Int.max), \.checkpoints.maxBytes,
            default: .value(5_368_709_120), project: .refused(person),
            """
            How many bytes the checkpoints of one workspace may take. Above it the oldest turns are forgotten, but for \
            the last 10 that changed something.
            """),
        option(
            "redaction.enabled", .boolean, \.redaction.isEnabled, default: .value(true),
            project: .narrowing(.boolean(strict: true)),
            """
            Whether what looks like a secret (keys by their form, values of secret names, private keys, passwords in \
            addresses, values of secret environment variables) is left out of requests and journals; a mark stands there.
            """),
        option(
            "redaction.allow", .list(.string), \.redaction.allow, default: .value([]), project: .refused(person),
            "Values that are no secrets although they look like it."),
        option(
            "redaction.canaries", .list(.string), \.redaction.canaries, default: .value([]), project: .refused(person),
            "Texts that nothing should ever read; a session in which one is about to be sent to a model ends."),
        option(
            "otel.endpoint", .url, \.otel.endpoint, default: .unset("none: nothing is sent"), project: .refused(leaves),
            """
            The address of an OpenTelemetry collector that takes OTLP over HTTP, without `/v1/...`: \
            `http://127.0.0.1:4318`. Traces, metrics and logs go there; see `docs/telemetry.md`.
            """),
        entry(
            "otel.headers.<header>", .line, \.otel.headers, project: .refused(leaves),
            "Headers added to each request to the collector. Secrets belong into `otel.env_headers`."),
        entry(
            "otel.env_headers.<header>", .environmentName, \.otel.envHeaders, project: .refused(leaves),
            """
            Headers added to each request to the collector, each with the environment variable that holds its value; unset \
            ones are left out. Commands do not see these variables.
            """),
        option(
            "otel.prompts", .boolean, \.otel.sendsPrompts, default: .value(false), project: .refused(leaves),
            """
            Whether log records carry texts (prompts, answers, commands, paths, outputs), redacted as in the journal. Without it \
            only names, numbers and decisions are sent.
            """),
        option(
            "otel.service_name", .string, \.otel.serviceName, default: .value("lockgate"), project: .refused(leaves),
            "The `service.name` that what is sent goes by."),
        option(
            "otel.prometheus_file", .path, \.otel.prometheusFile, default: .unset("none"), project: .refused(leaves),
            """
            A file of counts in the text format of Prometheus, added to at each session's end, for the textfile collector of \
            node_exporter: `/var/lib/node_exporter/lockgate.prom`. Needs no `otel.endpoint`.
            """),
        option(
            "audit.anchor", .list(.text), \.audit.anchor, default: .value([]), project: .refused(leaves),
            """
            Where each session's end is anchored, in five seconds at most: files to add the signed line to, addresses that take \
            it by POST (`https://...`), and repositories whose notes hold it (`git-note:FOLDER`). See `docs/audit.md`.
            """),
        option(
            "staged.method", .choice(StagingMethod.allCases.map(\.rawValue)), \.staged.method, default: .value("auto"),
            project: .refused(machine),
            """
            What a stage is made of: an `overlay` over the workspace, a `copy` of it, or (`auto`) a copy where the machine \
            refuses an overlay.
            """),
        option(
            "staged.days", .integer(1...3650), \.staged.days, default: .value(7), project: .refused(person),
            "After how many days a stage that was dropped is removed. One that waits is never removed."),
        option(
            "staged.max_bytes", .integer(1_048_576...Int.max), \.staged.maxBytes, default: .value(5_368_709_120),
            project: .refused(person),
            """
            How many bytes all stages may take. Above it dropped ones are removed, the oldest first, and no new stage is made \
            while those that wait take more.
            """),
        option(
            "history.persistence", .choice(HistoryPersistence.allCases.map(\.rawValue)), \.history.persistence,
            default: .value("save-all"), project: .refused(person), "Whether sessions are kept."),
        option(
            "history.max_bytes", .integer(0...Int.max), \.history.maxBytes, default: .unset("no limit"),
            project: .refused(person), "How many bytes of old sessions are kept; the oldest go first."),
        option(
            "retention.max_age_days", .integer(1...36_500), \.retention.maxAgeDays, default: .unset("no limit"),
            project: .refused(person),
            "After how many days without a record a session is deleted; see `docs/sessions.md` for what stays."),
        option(
            "retention.max_bytes", .integer(0...Int.max), \.retention.maxBytes,
            default: .unset("`history.max_bytes`"), project: .refused(person),
            "How many bytes all sessions may take; the oldest are deleted until they fit."),
        option(
            "retention.archive_after_days", .integer(1...36_500), \.retention.archiveAfterDays,
            default: .unset("never"), project: .refused(person),
            "After how many days without a record a session's journal is compressed, to the same bytes and seals."),
        option(
            "local.idle_minutes", .integer(1...10_080), \.local.idleMinutes, default: .value(10),
            project: .refused(machine),
            "After how many idle minutes the local model's server stops."),
        option(
            "local.threads", .integer(1...1_024), \.local.threads, default: .unset("cores - 1, at least 1"),
            project: .refused(machine), "How many threads the local model uses."),
        option(
            "worktree.carry", .boolean, \.worktree.carries, default: .value(false), project: .allowed,
            "Whether a new worktree begins with the uncommitted and untracked changes of the local tree."),
        option(
            "worktree.copy", .list(.string), \.worktree.copies, default: .value([]), project: .allowed,
            "Ignored files and folders that a new worktree gets a copy of, relative to the project: `[\".env\"]`."),
        option(
            "worktree.link", .list(.string), \.worktree.links, default: .value([]), project: .allowed,
            """
            As `worktree.copy`, for large folders such as `node_modules`: the copy shares the disk's blocks where the \
            file system can (btrfs, XFS).
            """),
        option(
            "worktree.setup", .text, \.worktree.setup, default: .unset("none"), project: .afterReview,
            "A command that runs first in a new worktree, in the sandbox and through the gate; it must exit 0."),
        option(
            "worktree.days", .integer(0...3650), \.worktree.days, default: .value(30), project: .refused(person),
            "After how many days without a session `lockgate worktree gc` removes a worktree."),
    ]
}
