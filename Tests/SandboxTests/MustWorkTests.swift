import Sandbox
import Testing
import Wire

/// A thing that developers' tools do, and that must work.
struct Need: Sendable, CustomTestStringConvertible {
    var name: String
    var script: String
    var modes: [SandboxMode] = [.readOnly, .workspaceWrite]
    var users = TestUser.available
    var testDescription: String { name }
}

private func python(_ code: String) -> String { "cd $WS && exec /usr/bin/python3 -c \"\(code)\"" }

@Suite("What works in the sandbox")
struct MustWorkTests {
    static let needs: [Need] = [
        Need(name: "temporary files", script: "f=$(mktemp) && echo x > $f && rm $f && d=$(mktemp -d) && touch $d/a"),
        Need(name: "programs in /tmp", script: "cp /bin/true /tmp/t && /tmp/t"),
        Need(name: "here documents and process substitution", script: "diff <(echo a) <(echo a) && grep -q x <<< x"),
        Need(
            name: "devices",
            script: "echo x > /dev/null && head -c4 /dev/urandom >/dev/null && head -c1 /dev/zero >/dev/null"),
        // The pipe is this user's: another one could not open it again outside either.
        Need(
            name: "standard streams by their names", script: "echo y > /dev/stdout && echo z > /dev/stderr",
            users: [.current]),
        Need(name: "identity", script: "test $(id -u) = $HOSTUID"),
        Need(
            name: "ownership of new files", script: "touch $WS/o && test $(stat -c %u $WS/o) = $HOSTUID",
            modes: [.workspaceWrite]),
        Need(
            name: "hard links in the workspace", script: "cd $WS && echo x > a && ln a b && test $(stat -c %h a) = 2",
            modes: [.workspaceWrite]),
        Need(
            name: "renames between folders",
            script: "cd $WS && mkdir a b && echo x > a/f && mv a/f b/f && mv b c && cat c/f", modes: [.workspaceWrite]),
        // mv copies where it cannot rename; most programs give up.
        Need(
            name: "renames between folders without copying",
            script: python(
                "import os;os.makedirs('a/b');open('a/b/f','w');os.rename('a/b/f','f');os.rename('f','a/f');os.rename('a/b','c');os.link('a/f','c/f')"
            ), modes: [.workspaceWrite]),
        Need(
            name: "renames between folders in /tmp",
            script: "cd /tmp && "
                + python("import os;os.chdir('/tmp');os.makedirs('a/b');open('a/b/f','w');os.rename('a/b/f','f')")),
        Need(name: "locks", script: "flock $WS/l true", modes: [.workspaceWrite]),
        Need(
            name: "modes and times", script: "cd $WS && touch a && chmod 700 a && touch -d 2001-01-01 a",
            modes: [.workspaceWrite]),
        Need(name: "named pipes", script: "mkfifo /tmp/p && (echo x > /tmp/p &) && grep -q x /tmp/p"),
        Need(
            name: "POSIX semaphores and shared memory",
            script: python(
                "import multiprocessing as m;m.Semaphore();from multiprocessing import shared_memory as s;x=s.SharedMemory(create=True,size=9);x.close();x.unlink()"
            )),
        Need(name: "process pools", script: python("import multiprocessing as m;assert m.Pool(2).map(abs,[-1])==[1]")),
        Need(
            name: "managers over local sockets",
            script: python("import multiprocessing as m;assert list(m.Manager().list([1]))==[1]")),
        Need(
            name: "socket pairs",
            script: python("import socket;a,b=socket.socketpair();a.send(b'x');assert b.recv(1)==b'x'")),
        Need(
            name: "a local socket in /tmp",
            script: python(
                "import socket;s=socket.socket(1);s.bind('/tmp/u');s.listen();c=socket.socket(1);c.connect('/tmp/u');s.accept()"
            )),
        Need(
            name: "a local socket in the workspace by a relative name",
            script: python(
                "import socket;s=socket.socket(1);s.bind('u');s.listen();c=socket.socket(1);c.connect('u');s.accept()"),
            modes: [.workspaceWrite]),
        Need(
            name: "many callers that wait for a slow server",
            script: python(
                "import socket,threading;s=socket.socket(1);s.bind('/tmp/u');s.listen(0);r=[]\ndef f():\n  c=socket.socket(1);c.connect('/tmp/u');r.append(c)\nt=[threading.Thread(target=f) for _ in range(100)]\n[x.start() for x in t]\nk=[s.accept() for _ in t]\n[x.join() for x in t]\nassert len(r)==100"
            )),
        Need(
            name: "a signal to a caller that waits",
            script: python(
                "import socket,signal\ndef f(*a): raise InterruptedError\nsignal.signal(14,f);s=socket.socket(1);s.bind('/tmp/u');s.listen(0);signal.setitimer(0,0.2)\nk=[socket.socket(1) for _ in range(3)]\ntry:\n  for c in k: c.connect('/tmp/u')\nexcept InterruptedError: raise SystemExit(0)\nraise SystemExit(1)"
            )),
        Need(
            name: "a caller that goes on waiting after a signal",
            script: python(
                "import socket,signal,threading;signal.signal(14,lambda *a:0);signal.siginterrupt(14,False);s=socket.socket(1);s.bind('/tmp/u');s.listen(0)\nk=[socket.socket(1) for _ in range(3)];signal.setitimer(0,0.1,0.1);threading.Timer(0.5,lambda:[s.accept() for _ in k]).start()\nfor c in k: c.connect('/tmp/u')\n[c.getpeername() for c in k]"
            )),
        Need(
            name: "POSIX message queues",
            script: python(
                "import ctypes;l=ctypes.CDLL('librt.so.1');q=l.mq_open(b'/a',0o102,0o600,None);assert q>=0 and l.mq_send(q,b'x',1,0)==0 and l.mq_unlink(b'/a')==0"
            )),
        Need(
            name: "any port of loopback",
            script: python("import socket;s=socket.socket();s.bind(('127.0.0.1',80));s.listen()")),
        Need(
            name: "an abstract socket of one's own",
            script: python(
                "import socket;s=socket.socket(1);s.bind(chr(0)+'x');s.listen();c=socket.socket(1);c.connect(chr(0)+'x');s.accept()"
            )),
        Need(
            name: "local sockets from threads",
            script: python(
                "import socket,threading;s=socket.socket(1);s.bind('/tmp/u');s.listen(64)\nr=[]\ndef f():\n  c=socket.socket(1);c.connect('/tmp/u');r.append(c)\nt=[threading.Thread(target=f) for _ in range(20)]\n[x.start() for x in t];[x.join() for x in t]\nassert len(r)==20"
            )),
        Need(
            name: "a connect that has to wait",
            script: python(
                "import socket,threading;s=socket.socket(1);s.bind('/tmp/u');s.listen(0)\nc=[socket.socket(1) for _ in range(4)]\nt=[threading.Thread(target=x.connect,args=('/tmp/u',)) for x in c]\n[x.start() for x in t]\n[s.accept() for _ in range(4)]\n[x.join() for x in t]"
            )),
        Need(
            name: "the error of a refused connect",
            script: python(
                "import socket,errno,sys\ntry: socket.socket(1).connect('/tmp/none')\nexcept FileNotFoundError: sys.exit(0)\nsys.exit(1)"
            )),
        Need(
            name: "loopback",
            script: python(
                "import socket;s=socket.socket();s.bind(('127.0.0.1',0));s.listen();socket.create_connection(s.getsockname())"
            )),
        Need(
            name: "loopback over IPv6",
            script: python(
                "import socket;s=socket.socket(10);s.bind(('::1',0));s.listen();socket.create_connection(s.getsockname()[:2])"
            )),
        Need(
            name: "loopback without blocking",
            script: python(
                "import asyncio\nasync def f():\n  s=await asyncio.start_server(lambda r,w:w.close(),'127.0.0.1',0)\n  await asyncio.open_connection(*s.sockets[0].getsockname())\nasyncio.run(f())"
            )),
        Need(
            name: "UDP on loopback",
            script: python(
                "import socket;s=socket.socket(2,2);s.bind(('127.0.0.1',0));c=socket.socket(2,2);c.connect(s.getsockname());c.send(b'x');assert s.recv(1)==b'x'"
            )),
        Need(name: "the list of interfaces", script: "ip link | grep -q lo"),
        Need(name: "host names", script: "getent hosts localhost"),
        Need(
            name: "inotify",
            script: python(
                "import ctypes;l=ctypes.CDLL(None);f=l.inotify_init();assert l.inotify_add_watch(f,b'/tmp',0x100)>0")),
        Need(
            name: "a terminal of one's own",
            script: python("import pty,sys,os;sys.exit(os.waitstatus_to_exitcode(pty.spawn(['/usr/bin/tty'])))")
                + " >/dev/null"),
        Need(
            name: "tracing one's own child",
            script: "command -v strace >/dev/null || exit 0; strace -f -o /tmp/t true && grep -q execve /tmp/t"),
        Need(name: "killing one's own child", script: "sleep 20 & kill $!"),
        Need(name: "background jobs and wait", script: "(exit 3) & wait $!; test $? = 3"),
        Need(
            name: "a database with a write-ahead log",
            script: python(
                "import sqlite3;c=sqlite3.connect('d.db');c.execute('pragma journal_mode=wal');c.execute('create table t(a)');c.commit()"
            ), modes: [.workspaceWrite]),
        Need(
            name: "a virtual environment",
            script: "cd $WS && /usr/bin/python3 -m venv --without-pip v && v/bin/python -c 1", modes: [.workspaceWrite]),
        Need(
            name: "a program of one's own making",
            script:
                "cd $WS && command -v cc >/dev/null || exit 0; echo 'int main(void){return 0;}' > a.c && cc -o a a.c && ./a",
            modes: [.workspaceWrite]),
        Need(
            name: "scripts without an interpreter line", script: "echo 'exit 0' > /tmp/s && chmod +x /tmp/s && /tmp/s"),
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        var need: Need
        var user: TestUser
        var testDescription: String { "\(need.name), \(user.testDescription)" }
    }

    static let cases = needs.flatMap { need in need.users.map { Case(need: need, user: $0) } }

    @Test("tools", arguments: cases)
    func tools(_ one: Case) async throws {
        for mode in one.need.modes {
            let fixture = try SandboxFixture(one.user)
            let result = try await fixture.run(one.need.script, mode)
            #expect(result.status == .exited(0), "\(mode.rawValue): \(result.output)")
        }
    }

    @Test("a granted folder is writable, the rest is not")
    func grantedFolder() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("mkdir $OUT/a $OUT/b")
        let policy = fixture.policy(.workspaceWrite, writable: [fixture.outside + "/a"])
        let result = try await fixture.run("echo x > $OUT/a/f; echo x > $OUT/b/f", policy)
        #expect(result.status == .exited(1))
        #expect(fixture.holds("test -e $OUT/a/f && test ! -e $OUT/b/f"))
    }

    @Test(
        "a workspace in /tmp is writable and seen by the host; the rest of /tmp is not there",
        arguments: TestUser.available)
    func workspaceInTemporaryFolder(_ user: TestUser) async throws {
        let fixture = try SandboxFixture(user)
        try fixture.setUp("mkdir $HOSTTMP; touch $HOSTTMP.other")
        var policy = fixture.policy(.workspaceWrite)
        policy.workspace = fixture.temporary
        let result = try await fixture.run("echo x > f && test ! -e $HOSTTMP.other", policy)
        #expect(result.status == .exited(0), "\(result.output)")
        #expect(fixture.holds("test -s $HOSTTMP/f"))
    }
}
