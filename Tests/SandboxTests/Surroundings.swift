import Glibc
import Sandbox
import Testing

/// What a helper may be started in on other machines, made here for one helper alone.
enum Surroundings: String, Sendable, CaseIterable, CustomTestStringConvertible {
    /// A part of /proc is covered, so that the kernel refuses a fresh one.
    case coveredProc
    /// The same in a pid namespace with a /proc of its own, as container engines do it.
    case container
    /// No user namespace is granted any more.
    case noNamespaces
    /// Landlock's calls do not exist.
    case noLandlock

    var testDescription: String { rawValue }

    var level: SandboxLevel {
        switch self {
        case .coveredProc, .container: .outerProc
        case .noNamespaces: .fence
        case .noLandlock: .noLandlock
        }
    }

    /// A program that runs the helper in these surroundings as this user.
    func wrapper(of helper: String, user: TestUser) -> String {
        let become =
            user == .ordinary ? "/usr/bin/setpriv --reuid \(user.id) --regid \(user.id) --clear-groups " : ""
        // Root keeps its capabilities: over this user namespace, as root has them in a container.
        let drop =
            user == .ordinary ? "/usr/bin/setpriv --ambient-caps=-all --inh-caps=-all --bounding-set=-all " : ""
        let unshare = "/usr/bin/unshare -U --map-current-user --keep-caps"
        let cover = "mount -t tmpfs none /proc/irq"
        switch self {
        case .coveredProc:
            return "#!/bin/sh\nexec \(become)\(unshare) -m /bin/sh -ec '\(cover); exec \(drop)\(helper)'\n"
        case .container:
            return
                "#!/bin/sh\nexec \(become)\(unshare) -m -p -f --kill-child --mount-proc /bin/sh -ec '\(cover); exec \(drop)\(helper)'\n"
        case .noNamespaces:
            return
                "#!/bin/sh\nexec \(become)\(unshare) /bin/sh -ec 'echo 0 > /proc/sys/user/max_user_namespaces; exec \(drop)\(helper)'\n"
        case .noLandlock:
            // A filter that answers landlock_create_ruleset with ENOSYS and lets everything else pass.
            return #"""
                #!/usr/bin/perl
                my ($prctl, $seccomp) = `uname -m` =~ /x86_64/ ? (157, 317) : (167, 277);
                my @rules = ([0x20, 0, 0, 0], [0x15, 0, 1, 444], [6, 0, 0, 0x50026], [6, 0, 0, 0x7fff0000]);
                my $filter = join '', map { pack 'SCCL', @$_ } @rules;
                my $program = pack 'Sx6P', scalar @rules, $filter;
                syscall($prctl, 38, 1, 0, 0, 0) == 0 && syscall($seccomp, 1, 0, $program) == 0 || die;

                """# + "exec qw(\(become)\(helper));\n"
        }
    }
}
