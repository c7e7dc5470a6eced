import Testing

/// A script with what has to be found in it.
struct ShellCase: Sendable, CustomTestStringConvertible {
    let script: String
    /// The commands that run, in order; `?` stands for a word that is not known.
    let commands: [String]
    /// Whether all of it is proved; else it is asked about.
    let isExact: Bool

    init(_ script: String, _ commands: String..., asks: Bool = false) {
        self.script = script
        self.commands = commands
        isExact = !asks
    }

    var testDescription: String { script }
}

extension ShellCase {
    static let words = [
        ShellCase("ls", "ls"), ShellCase("ls -la /tmp", "ls -la /tmp"), ShellCase("  ls\t-l  ", "ls -l"),
        ShellCase("echo 'a b' c", "echo 'a b' c"), ShellCase("echo \"a b\"c", "echo 'a bc'"),
        ShellCase("echo a\\ b", "echo 'a b'"), ShellCase("echo \"a\\\"b\\\\c\\d\"", "echo 'a\"b\\c\\d'"),
        ShellCase("echo $'a\\tb\\x41\\101\\'c'", "echo 'a\tbAA'\\''c'"), ShellCase("l\\s -l", "ls -l"),
        ShellCase("'r'm \"-r\"f x", "rm -rf x"), ShellCase("echo ''", "echo ''"),
        ShellCase("echo a#b # c; rm x", "echo 'a#b'"),
        ShellCase("echo a \\\n b", "echo a b"), ShellCase("", asks: false), ShellCase("# rm x\n", asks: false),
        ShellCase("echo \"a\\\nb\"", "echo ab"), ShellCase("echo $ 5$", "echo '$' '5$'"),
        ShellCase("echo {}", "echo '{}'"),
        ShellCase("echo a=b ] [ !", "echo a=b ']' '[' '!'"), ShellCase("echo \u{E9}", "echo '\u{E9}'"),
        // What depends on the machine is not proved.
        ShellCase("echo $HOME", "echo ?", asks: true), ShellCase("echo \"$x\" b", "echo ? b", asks: true),
        ShellCase("rm *.o", "rm ?", asks: true), ShellCase("ls ~/x ~", "ls ? ?", asks: true),
        ShellCase("echo {a,b}", "echo ?", asks: true), ShellCase("echo a[0-9]", "echo ?", asks: true),
        ShellCase("$x -rf /", "? -rf /", asks: true), ShellCase("r${x}m -rf /", "? -rf /", asks: true),
        ShellCase("echo $'\\u0041'", "echo ?", asks: true), ShellCase("echo $\"a\"", "echo ?", asks: true),
        ShellCase("echo --file=~/x", "echo ?", asks: true), ShellCase("echo ${x:-a}", "echo ?", asks: true),
    ]

    static let structure = [
        ShellCase("a && b || c; d & e", "a", "b", "c", "d", "e"), ShellCase("a | b |& c", "a", "b", "c"),
        ShellCase("a\nb\n\nc\n", "a", "b", "c"), ShellCase("a &&\n b", "a", "b"),
        ShellCase("(a; b) | c", "a", "b", "c"),
        ShellCase("{ a; b; }", "a", "b"), ShellCase("! a", "a"), ShellCase("time -p a | b", "a", "b"),
        ShellCase("if a; then b; elif c; then d; else e; fi", "a", "b", "c", "d", "e"),
        ShellCase("while a; do b; done; until c; do d; done", "a", "b", "c", "d"),
        ShellCase("for x in 1 2; do a; done", "a", asks: true), ShellCase("for f; do a; done", "a", asks: true),
        ShellCase("case a in b|c) d;; (e) f;& *) g; esac", "d", "f", "g"), ShellCase("[[ a == b && -f c ]] && d", "d"),
        ShellCase("a & b", "a", "b"), ShellCase("((x = 1)); a", asks: true),
        ShellCase("[ -f a ] && b", "'[' -f a ']'", "b"),
        ShellCase("f() { rm x; }; f", "rm x", "f", asks: true), ShellCase("if a; then b", "a", "b", asks: true),
        ShellCase("a; ; b", "a", asks: true), ShellCase("a && ", "a", asks: true), ShellCase("a )", "a", asks: true),
        ShellCase("echo 'open", asks: true), ShellCase("done", asks: true), ShellCase("coproc a", asks: true),
        ShellCase("function f { a; }", asks: true), ShellCase("select x in a; do b; done", "b", asks: true),
        ShellCase("[[ $x -eq 1 ]]", asks: true), ShellCase("echo a\0b", asks: true),
    ]

    static let substitutions = [
        ShellCase("echo $(rm x)", "rm x", "echo ?", asks: true), ShellCase("echo `rm x`", "rm x", "echo ?", asks: true),
        ShellCase("echo \"a$(rm x)b\"", "rm x", "echo ?", asks: true), ShellCase("echo '$(rm x)'", "echo '$(rm x)'"),
        ShellCase("echo `echo \\`rm x\\``", "rm x", "echo ?", "echo ?", asks: true),
        ShellCase("diff <(a) <(b)", "a", "b", "diff ? ?", asks: true),
        ShellCase("a > >(tee x)", "tee x", "a", asks: true),
        ShellCase("echo ${x:-$(rm y)}", "rm y", "echo ?", asks: true), ShellCase("x=$(rm y)", "rm y", asks: true),
        ShellCase("echo $((1 + 2))", "echo ?", asks: true),
        ShellCase("echo $((a[$(rm x)]))", "rm x", "echo ?", asks: true),
        ShellCase("cat <<E\n$(rm x)\nE\n", "cat", "rm x", asks: false),
        ShellCase("cat <<'E'\n$(rm x)\nE\nls", "cat", "ls"),
        ShellCase("cat <<-E\n\ta\n\tE\nls", "cat", "ls"), ShellCase("cat <<E\na", "cat", asks: true),
        ShellCase("cat <<A <<B; ls\n1\nA\n`rm x`\nB\n", "cat", "ls", "rm x"), ShellCase("cat <<< 'a b'", "cat"),
        ShellCase("cat <<E\na\\\nE\nrm x\nE\n", "cat", asks: true), ShellCase("echo ${!x}", "echo ?", asks: true),
        ShellCase("echo ${x@P}", "echo ?", asks: true), ShellCase("echo \"${x:-'}'}\"", asks: true),
    ]

    static let effects = [
        ShellCase("a > f", "a", asks: true), ShellCase("a >> f 2>&1", "a", asks: true),
        ShellCase("a 2>/dev/null >&2", "a"),
        ShellCase("a < f", "a"), ShellCase("a &> f", "a", asks: true), ShellCase("> f", asks: true),
        ShellCase("a < /dev/tcp/1.2.3.4/80", "a", asks: true), ShellCase("a > $f", "a", asks: true),
        ShellCase("LD_PRELOAD=./x.so ls", "ls", asks: true), ShellCase("LC_ALL=C ls", "ls"),
        ShellCase("x=1", asks: true),
        ShellCase("PATH=/tmp; ls", "ls", asks: true), ShellCase("a=(1 2) b", "b", asks: true),
        ShellCase("{ a; } > f", "a", asks: true), ShellCase("{fd}>f a", asks: true), ShellCase("a[1]=x", asks: true),
        ShellCase("cd /tmp && ./run.sh", "cd /tmp", "./run.sh", asks: true),
        ShellCase("set -euo pipefail; set +x; a", "a"), ShellCase("set -o posix", "set -o posix", asks: true),
        ShellCase("export 'a[$(rm x)]=1'", "export 'a[$(rm x)]=1'", asks: true),
        ShellCase("cd src && make", "cd src", "make"),
    ]

    static let wrappers = [
        ShellCase("timeout -s KILL 5 make test", "make test"), ShellCase("nohup nice -n 5 make &", "make"),
        ShellCase("env make", "make"), ShellCase("env A=1 make", "env A=1 make", "make", asks: true),
        ShellCase("env -S 'rm x'", "env -S 'rm x'", asks: true), ShellCase("env -i LC_ALL=C ls", "ls"),
        ShellCase("sudo -u root rm x", "sudo -u root rm x", "rm x"), ShellCase("doas rm x", "doas rm x", "rm x"),
        ShellCase("sudo -s", "sudo -s", asks: true), ShellCase("stdbuf -oL a", "a"), ShellCase("ionice -c3 a", "a"),
        ShellCase("command -v git", "command -v git"), ShellCase("command rm x", "rm x"),
        ShellCase("builtin cd x", "cd x"),
        ShellCase("exec rm x", "rm x"), ShellCase("setsid -f a", "a"), ShellCase("/usr/bin/env make", "make"),
        ShellCase("/tmp/env make", "/tmp/env make", "make"),
        ShellCase("/usr/bin/time -o f a", "/usr/bin/time -o f a", "a", asks: true),
        ShellCase("ls | xargs rm", "ls", "rm ?", asks: true), ShellCase("xargs -I X mv X y", "mv ?", asks: true),
        ShellCase("xargs -n1 -0 sh -c 'rm x'", "rm x", asks: true),
        ShellCase("parallel rm ::: a b", "rm ?", asks: true),
        ShellCase("watch -n 1 'rm x; ls'", "rm x", "ls"), ShellCase("watch -x rm x", "rm x"),
        ShellCase("find . -name x -exec rm {} \\;", "find . -name x -exec rm '{}' ';'", "rm ?", asks: true),
        ShellCase("find . -execdir sh -c 'rm x' \\; -ok b +", "find . -execdir sh -c 'rm x' ';' -ok b +", "rm x", "b"),
        ShellCase("find . -delete", "find . -delete", asks: true), ShellCase("find $x", "find ?", asks: true),
        ShellCase("bash -c 'rm x && ls'", "rm x", "ls"), ShellCase("bash -lc \"sh -c 'rm x'\"", "rm x"),
        ShellCase("bash -euo pipefail -c ls", "ls"), ShellCase("bash script.sh a", "bash script.sh a"),
        ShellCase("curl x | sh", "curl x", "sh", asks: true), ShellCase("bash <<E\nrm x\nE\n", "bash", asks: true),
        ShellCase("bash -c \"$x\"", "bash -c ?", asks: true), ShellCase("./bash -c ls", "./bash -c ls", "ls"),
        ShellCase("eval 'rm x'", "eval 'rm x'", "rm x"), ShellCase("eval rm $x", "eval rm ?", asks: true),
        ShellCase("zsh -c ls", "zsh -c ls", asks: true), ShellCase("source x", "source x", asks: true),
        ShellCase("ssh host rm x", "ssh host rm x", asks: true), ShellCase("busybox rm x", "rm x"),
        ShellCase("timeout $t rm x", "timeout ? rm x", asks: true),
        ShellCase("sh -c 'echo $0' $'a'", "echo ?", asks: true),
        ShellCase("sh -c 'a &> f'", asks: true),
        ShellCase("trap 'rm x' EXIT", "trap 'rm x' EXIT", "rm x", asks: true),
    ]

    static let git = [
        ShellCase("git status", "git status"), ShellCase("git -C /x push", "git -C /x push", asks: true),
        ShellCase("git --no-pager log", "git --no-pager log"), ShellCase("git foo", "git foo", asks: true),
        ShellCase("git -c core.fsmonitor=./x status", "git -c core.fsmonitor=./x status", asks: true),
        ShellCase("git -c alias.a='!rm x' a", "git -c 'alias.a=!rm x' a", "rm x", asks: true),
        ShellCase("git -c alias.a=push a", "git -c alias.a=push a", asks: true),
        ShellCase("git bisect run rm x", "git bisect run rm x", "rm x"),
        ShellCase("git rebase -x 'rm x' main", "git rebase -x 'rm x' main", "rm x"),
        ShellCase("git submodule foreach 'rm x'", "git submodule foreach 'rm x'", "rm x"),
        ShellCase("git clone ext::sh x", "git clone ext::sh x", asks: true),
        ShellCase("git fetch --upload-pack=./x o", "git fetch --upload-pack=./x o", asks: true),
        ShellCase("git --exec-path=/tmp status", "git --exec-path=/tmp status", asks: true),
    ]

    /// One for each known way around allow-lists that compare text.
    static let bypasses = [
        // Builtins and variables that poison later commands (CVE-2026-22708).
        ShellCase("export PAGER=./x; git log", "export PAGER=./x", "git log", asks: true),
        ShellCase("typeset -x A=1; a", "typeset -x A=1", "a", asks: true),
        ShellCase("alias ls='rm x'; ls", "alias 'ls=rm x'", "ls", asks: true),
        ShellCase("shopt -s expand_aliases", "shopt -s expand_aliases", asks: true),
        ShellCase("ls\nexport A=1", "ls", "export A=1", asks: true),
        ShellCase("printf -v 'a[$(rm x)]' y", "printf -v 'a[$(rm x)]' y", asks: true),
        ShellCase("test -v 'a[$(rm x)]'", "test -v 'a[$(rm x)]'", asks: true),
        ShellCase("read 'a[$(rm x)]' < f", "read 'a[$(rm x)]'", asks: true),
        // Options given as bytes that are no text, and options by abbreviation.
        ShellCase("rg $'-e\\xec' x", "rg ? x", asks: true),
        ShellCase("timeout --sig KILL 5 rm x", "timeout --sig KILL 5 rm x", asks: true),
        // A file with a trusted program's name.
        ShellCase("./cat x", "./cat x"), ShellCase("cd /tmp; ./cat", "cd /tmp", "./cat", asks: true),
        // More commands than a checker looks at.
        ShellCase("a;a;a;a;a;a;a;a;a;a;a;a; rm x", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "rm x"),
        // Separators that look like something else.
        ShellCase("ls\nrm x", "ls", "rm x"), ShellCase("ls & rm x", "ls", "rm x"),
        ShellCase("ls \\\n; rm x", "ls", "rm x"),
        ShellCase("ls\r\nrm x", "'ls\r'", "rm x"), ShellCase("ls #\nrm x", "ls", "rm x"),
        ShellCase("ls\u{A0}x", "'ls\u{A0}x'"),
        ShellCase("! \\\nrm x", "rm x"), ShellCase("r\\\nm x", asks: true), ShellCase("ec\\\nho 2\\\n>f", asks: true),
        // Text that is a command only once something was joined.
        ShellCase("x='a[$(rm y)]'; echo $((x))", "echo ?", asks: true), ShellCase("echo ${x:y}", "echo ?", asks: true),
        ShellCase("echo \"`rm x`\"", "rm x", "echo ?", asks: true),
        ShellCase("echo $(cat <<E\na\nE\n)", "cat", "echo ?", asks: true),
        ShellCase("ls() { rm x; }", "rm x", asks: true),
        ShellCase("hash -p /tmp/x ls", "hash -p /tmp/x ls", asks: true),
        ShellCase("enable -f ./x.so x", "enable -f ./x.so x", asks: true),
        ShellCase("set -k; a b=c", "set -k", "a b=c", asks: true),
        ShellCase("/lib64/ld-linux-x86-64.so.2 /bin/rm x", "/lib64/ld-linux-x86-64.so.2 /bin/rm x", asks: true),
    ]
}
