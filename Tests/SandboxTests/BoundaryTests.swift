import Sandbox
import Testing
import Wire

/// One attack: `script` exits 0 only when it worked. Without a sandbox it must work (the control), else it proves nothing.
struct Attack: Sendable, CustomTestStringConvertible {
    var name: String
    var setup = ""
    var script: String
    /// Holds outside as long as the attack had no effect.
    var intact = ":"
    /// The control would change or disturb the machine, or needs rights that not every test machine gives.
    var hasControl = true
    var modes: [SandboxMode] = [.readOnly, .workspaceWrite]
    var testDescription: String { name }
}

/// What a case needs: an attack, as whom, in which mode.
struct AttackCase: Sendable, CustomTestStringConvertible {
    var attack: Attack
    var user: TestUser
    var testDescription: String { "\(attack.name), \(user.testDescription)" }

    static func all(_ attacks: [Attack]) -> [AttackCase] {
        attacks.flatMap { attack in TestUser.available.map { AttackCase(attack: attack, user: $0) } }
    }
}

/// Runs the control and then the attack in each of its modes.
func expectHeld(_ one: AttackCase) async throws {
    let attack = one.attack
    if attack.hasControl {
        let fixture = try SandboxFixture(one.user)
        try fixture.setUp(attack.setup)
        let control = try await fixture.run(attack.script, .dangerFullAccess)
        #expect(control.status == .exited(0), "vacuous: fails without a sandbox too: \(control.output)")
    }
    for mode in attack.modes {
        let fixture = try SandboxFixture(one.user)
        try fixture.setUp(attack.setup)
        let result = try await fixture.run(attack.script, mode)
        #expect(result.status != .exited(0), "\(mode.rawValue): \(result.output)")
        #expect(fixture.holds(attack.intact), "\(mode.rawValue): had an effect outside")
    }
}

private func python(_ code: String) -> String { "exec /usr/bin/python3 -c \"\(code)\"" }
private let listen =
    "/usr/bin/python3 -c \"import socket,os,sys,time;s=socket.socket(socket.AF_UNIX,int(sys.argv[2]));s.bind(sys.argv[1].replace('@',chr(0)));"
    + "s.listen(4) if sys.argv[2]!='2' else 0;open(os.environ['OUT']+'/ready','w');time.sleep(300)\""

@Suite("What a command cannot do")
struct BoundaryTests {
    static let files: [Attack] = [
        Attack(name: "write beside the workspace", script: "echo x > $OUT/new", intact: "test ! -e $OUT/new"),
        Attack(
            name: "append to a shell's start file", setup: "touch $HOME/.bashrc", script: "echo x >> $HOME/.bashrc",
            intact: "test ! -s $HOME/.bashrc"),
        Attack(
            name: "create an autostart file",
            script: "mkdir -p $HOME/.config/autostart && echo x > $HOME/.config/autostart/a.desktop"),
        Attack(
            name: "create a program in the user's path",
            script: "mkdir -p $HOME/.local/bin && echo x > $HOME/.local/bin/git"),
        Attack(
            name: "write through a link in the repository", setup: "ln -s $OUT $WS/l", script: "echo x > $WS/l/x",
            intact: "test ! -e $OUT/x"),
        Attack(
            name: "write through /proc/self/root", script: "echo x > /proc/self/root$OUT/x", intact: "test ! -e $OUT/x"),
        Attack(
            name: "write through /proc/1/root", script: "echo x > /proc/1/root$OUT/x", intact: "test ! -e $OUT/x",
            hasControl: false),
        Attack(name: "move a file out", script: "echo x > $WS/r && mv $WS/r $OUT/r", intact: "test ! -e $OUT/r"),
        Attack(name: "hard link out", script: "echo x > $WS/r && ln $WS/r $OUT/r", intact: "test ! -e $OUT/r"),
        Attack(
            name: "hard link in and write", setup: "echo s > $OUT/s", script: "ln $OUT/s $WS/s && echo x > $WS/s",
            intact: "grep -q s $OUT/s"),
        Attack(
            name: "truncate outside", setup: "echo s > $OUT/s", script: "truncate -s 0 $OUT/s", intact: "test -s $OUT/s"
        ),
        Attack(name: "chmod outside", setup: "echo s > $OUT/s; chmod 600 $OUT/s", script: "chmod 777 $OUT/s"),
        Attack(name: "set times outside", setup: "echo s > $OUT/s", script: "touch -d 2001-01-01 $OUT/s"),
        Attack(
            name: "set an attribute outside", setup: "echo s > $OUT/s",
            script: python("import os;os.setxattr(os.environ['OUT']+'/s','user.x',b'1')")),
        Attack(name: "remove outside", setup: "echo s > $OUT/s", script: "rm $OUT/s", intact: "test -e $OUT/s"),
        Attack(
            name: "rename the workspace away", script: "mv $WS $WS.2 && mkdir $WS",
            intact: "test -d $WS && test ! -e $WS.2"),
        Attack(
            name: "change the input file of the command", setup: "echo s > $OUT/in",
            script: "exec 3<$OUT/in; echo x > /proc/self/fd/3", intact: "grep -q s $OUT/in"),
        Attack(name: "write in the workspace", script: "echo x > $WS/n", intact: "test ! -e $WS/n", modes: [.readOnly]),
        Attack(
            name: "write to a pipe of the host", setup: "mkfifo $OUT/p; (cat $OUT/p > $OUT/got &)",
            script: "timeout 5 bash -c 'echo x > $OUT/p'",
            intact: "! grep -q x $OUT/got; r=$?; timeout 5 bash -c 'echo > $OUT/p'; exit $r"),
        Attack(name: "make a device", script: "mknod $WS/sda b 8 0 && head -c1 $WS/sda", hasControl: false),
        Attack(name: "see the host's /tmp", setup: "touch $HOSTTMP", script: "test -e $HOSTTMP"),
        Attack(
            name: "remount the root writable", script: "mount -o remount,rw,bind / || mount --bind -o rw $OUT $OUT",
            hasControl: false),
        Attack(name: "unmount the view", script: "umount -l $WS || umount -l /tmp", hasControl: false),
    ]

    @Test("files", arguments: AttackCase.all(files))
    func holdsForFiles(_ one: AttackCase) async throws { try await expectHeld(one) }

    static let secrets: [Attack] = [
        Attack(
            name: "ssh key", setup: "mkdir $HOME/.ssh; echo KEY > $HOME/.ssh/id", script: "grep -q KEY $HOME/.ssh/id"),
        Attack(
            name: "ssh key by a link", setup: "mkdir $HOME/.ssh; echo KEY > $HOME/.ssh/id; ln -s $HOME/.ssh/id $WS/k",
            script: "grep -q KEY $WS/k"),
        Attack(
            name: "cloud credentials", setup: "mkdir -p $HOME/.aws; echo KEY > $HOME/.aws/credentials",
            script: "grep -q KEY $HOME/.aws/credentials"),
        Attack(name: "netrc", setup: "echo KEY > $HOME/.netrc", script: "grep -q KEY $HOME/.netrc"),
        Attack(
            name: "git credentials", setup: "echo KEY > $HOME/.git-credentials",
            script: "grep -q KEY $HOME/.git-credentials"),
        Attack(
            name: "a login kept behind a link",
            setup: "mkdir -p $OUT/gh $HOME/.config; ln -s $OUT/gh $HOME/.config/gh; echo KEY > $OUT/gh/hosts.yml",
            script: "grep -q KEY $OUT/gh/hosts.yml"),
        Attack(name: "npm token", setup: "echo KEY > $HOME/.npmrc", script: "grep -q KEY $HOME/.npmrc"),
        Attack(
            name: "another agent's login", setup: "mkdir $HOME/.codex; echo KEY > $HOME/.codex/auth.json",
            script: "grep -q KEY $HOME/.codex/auth.json"),
        Attack(
            name: "a browser's profile",
            setup: "mkdir -p $HOME/.mozilla/firefox; echo KEY > $HOME/.mozilla/firefox/key4.db",
            script: "grep -q KEY $HOME/.mozilla/firefox/key4.db"),
        Attack(
            name: "keys of tools that keep them in the open",
            setup:
                "for f in .terraformrc .gradle/gradle.properties .config/stripe/c .bitcoin/wallet.dat .Xauthority; do mkdir -p $(dirname ~/$f); echo KEY > ~/$f; done",
            script: "cd && grep -rqs KEY .terraformrc .gradle .config .bitcoin .Xauthority"),
        Attack(
            name: "unhide by removing the mask", setup: "echo KEY > $HOME/.netrc",
            script: "rm $HOME/.netrc; mv $HOME/.netrc $HOME/x; grep -q KEY $HOME/.netrc $HOME/x", hasControl: false),
        Attack(name: "password hashes", script: "grep -q root /etc/shadow", hasControl: false),
        Attack(name: "the helper's environment", script: "grep -q . /proc/1/environ", hasControl: false),
        Attack(name: "the helper's descriptors", script: "ls /proc/1/fd/3", hasControl: false),
        Attack(
            name: "raw disk",
            script: "for d in /dev/vda /dev/sda /dev/nvme0n1 /dev/mem /dev/kmsg; do test -e $d && exit 0; done; exit 1",
            hasControl: false),
    ]

    @Test("secrets", arguments: AttackCase.all(secrets))
    func holdsForSecrets(_ one: AttackCase) async throws { try await expectHeld(one) }

    static let sockets: [Attack] = [
        Attack(
            name: "a socket of the host outside the workspace",
            setup: "\(listen) $OUT/d 1 & echo $! >> $OUT/pids; while [ ! -e $OUT/ready ]; do :; done",
            script: python("import socket,os;socket.socket(1).connect(os.environ['OUT']+'/d')")),
        Attack(
            name: "the same by a relative name",
            setup: "\(listen) $OUT/d 1 & echo $! >> $OUT/pids; while [ ! -e $OUT/ready ]; do :; done",
            script: "cd $OUT && " + python("import socket,os;socket.socket(1).connect('d')")),
        Attack(
            name: "the same through a link",
            setup:
                "ln -s $OUT/d $WS/d; \(listen) $OUT/d 1 & echo $! >> $OUT/pids; while [ ! -e $OUT/ready ]; do :; done",
            script: "cd $WS && " + python("import socket,os;socket.socket(1).connect('d')")),
        Attack(
            name: "the same without blocking",
            setup: "\(listen) $OUT/d 1 & echo $! >> $OUT/pids; while [ ! -e $OUT/ready ]; do :; done",
            script: python("import socket,os;s=socket.socket(1);s.settimeout(2);s.connect(os.environ['OUT']+'/d')")),
        Attack(
            name: "the same by /proc/self/cwd",
            setup: "\(listen) $OUT/d 1 & echo $! >> $OUT/pids; while [ ! -e $OUT/ready ]; do :; done",
            script: "cd $OUT && " + python("import socket,os;socket.socket(1).connect('/proc/self/cwd/d')")),
        Attack(
            name: "a datagram socket of the host",
            setup: "\(listen) $OUT/d 2 & echo $! >> $OUT/pids; while [ ! -e $OUT/ready ]; do :; done",
            script: python("import socket,os;socket.socket(1,2).sendto(b'x',os.environ['OUT']+'/d')")),
        Attack(
            name: "a datagram to the host from half of a pair",
            setup: "\(listen) $OUT/d 2 & echo $! >> $OUT/pids; while [ ! -e $OUT/ready ]; do :; done",
            script: python("import socket,os;a,b=socket.socketpair(1,2);a.sendto(b'x',os.environ['OUT']+'/d')")),
        Attack(
            name: "a name that changes while it connects",
            setup: "\(listen) $OUT/d 1 & echo $! >> $OUT/pids; while [ ! -e $OUT/ready ]; do :; done",
            script: python(
                "import socket,os,threading,time;o=os.environ['OUT']+'/d';t=os.environ['WS']+'/r';g=socket.socket(1);g.bind(t+'g');g.listen(999);on=[1];seen=set()\ndef f():\n  while on:\n    for a in (t+'g',o): os.symlink(a,t+'n');os.rename(t+'n',t)\nx=threading.Thread(target=f);x.start();e=time.time()+1\nwhile time.time()<e and o not in seen:\n  s=socket.socket(1);s.settimeout(0.2)\n  try: s.connect(t);seen.add(s.getpeername())\n  except OSError: pass\n  s.close()\non.clear();x.join();raise SystemExit(o not in seen)"
            ), modes: [.workspaceWrite]),
        Attack(
            name: "an abstract socket of the host",
            setup:
                "\(listen) @lockgate$$ 1 & echo $! >> $OUT/pids; echo lockgate$$ > $OUT/name; while [ ! -e $OUT/ready ]; do :; done",
            script: python(
                "import socket,os;socket.socket(1).connect(chr(0)+open(os.environ['OUT']+'/name').read().strip())")),
    ]

    @Test("local sockets", arguments: AttackCase.all(sockets))
    func holdsForSockets(_ one: AttackCase) async throws { try await expectHeld(one) }

    @Test("local sockets stay out of reach with the network on", arguments: AttackCase.all(sockets))
    func socketsWithNetwork(_ one: AttackCase) async throws {
        let fixture = try SandboxFixture(one.user)
        try fixture.setUp(one.attack.setup)
        let result = try await fixture.run(one.attack.script, fixture.policy(.workspaceWrite, network: .on))
        #expect(result.status != .exited(0), "\(result.output)")
    }

    @Test("a refused connection is reported with its path")
    func refusedConnection() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp(Self.sockets[0].setup)
        let result = try await fixture.run(Self.sockets[2].script, .workspaceWrite)
        #expect(result.denials.isEmpty)  // no link there: ENOENT is no denial
        let refused = try await fixture.run(Self.sockets[0].script, .workspaceWrite)
        #expect(refused.denials == [SandboxDenial(kind: .localSocket, target: fixture.outside + "/d")])
    }

    private static func call(_ number: Int, _ arguments: String) -> String {
        python(
            "import ctypes,sys,struct;l=ctypes.CDLL(None,use_errno=True);b=ctypes.create_string_buffer(256);r=l.syscall(\(number),\(arguments));sys.exit(0 if r>=0 else 1)"
        )
    }

    static let kernel: [Attack] = [
        Attack(name: "nested user namespace", script: "unshare -Ur true"),
        Attack(
            name: "nested user namespace by clone3",
            script: python(
                "import ctypes,struct,sys,os;l=ctypes.CDLL(None);b=ctypes.create_string_buffer(struct.pack('8Q',0x10000000,0,0,0,17,0,0,0));r=l.syscall(435,b,64);os._exit(0) if r==0 else sys.exit(r<=0)"
            )),
        Attack(name: "mount", script: "mount -t tmpfs x /mnt", hasControl: false),
        Attack(name: "chroot", script: "chroot / true", hasControl: false),
        Attack(name: "session keyring", script: call(250, "0,-3,0"), hasControl: false),
        Attack(name: "add a key", script: call(248, "b'user',b'lockgate',b'x',1,-2"), hasControl: false),
        Attack(name: "io_uring", script: call(425, "4,b"), hasControl: false),
        Attack(name: "userfaultfd", script: call(323, "1"), hasControl: false),
        Attack(name: "performance events", script: call(298, "b,0,-1,-1,0"), hasControl: false),
        Attack(name: "join another namespace", script: "nsenter -t 1 -n true", hasControl: false),
        Attack(
            name: "kernel settings",
            script: python("import os;os.open('/proc/sys/kernel/randomize_va_space',os.O_WRONLY)"), hasControl: false),
        Attack(name: "process limit", script: "echo 100000 > /proc/sys/kernel/pid_max", hasControl: false),
        Attack(
            name: "sysrq", script: python("import os;os.open('/proc/sysrq-trigger',os.O_WRONLY)"), hasControl: false),
        Attack(
            name: "control groups",
            script:
                "d=$(find /sys/fs/cgroup -maxdepth 2 -type d -writable 2>/dev/null | head -1); mkdir $d/lockgate-test",
            hasControl: false),
        Attack(
            name: "kill a process of the host",
            setup: "(exec -a lockgate-victim-$$ sleep 300) >/dev/null 2>&1 & echo $! >> $OUT/pids",
            script: "kill $(cat $OUT/pids)", intact: "kill -0 $(cat $OUT/pids)"),
        Attack(
            name: "take CPU time away from a process of the host",
            setup: "sleep 300 >/dev/null 2>&1 & echo $! >> $OUT/pids", script: "prlimit --cpu=1 --pid $(cat $OUT/pids)",
            intact: "grep -q \"cpu time *unlimited\" /proc/$(cat $OUT/pids)/limits"),
        Attack(
            name: "shared memory of the host", setup: "ipcmk -M 4096 | grep -o '[0-9]*$' > $OUT/id",
            script:
                "ipcs -m | grep -qw $(cat $OUT/id) && /usr/bin/python3 -c \"import ctypes,os,sys;l=ctypes.CDLL(None);l.shmat.restype=ctypes.c_long;sys.exit(l.shmat(int(open(os.environ['OUT']+'/id').read()),0,0)==-1)\"",
            intact: "ipcrm -m $(cat $OUT/id)", hasControl: false),
        Attack(
            name: "see a process of the host",
            setup:
                "(exec -a lockgate-victim-$$ sleep 300) >/dev/null 2>&1 & echo $! >> $OUT/pids; echo lockgate-victim-$$ > $OUT/name",
            script: "grep -aqf $OUT/name /proc/[0-9]*/cmdline"),
        Attack(
            name: "trace init", script: python("import ctypes,sys;l=ctypes.CDLL(None);sys.exit(l.ptrace(16,1,0,0)!=0)"),
            hasControl: false),
        Attack(
            name: "kill init",
            script: "kill -9 1; kill -STOP 1; kill -TERM 1; /usr/bin/python3 -c 'import time;time.sleep(0.05)'; exit 1",
            hasControl: false),
        Attack(
            name: "write into init", script: python("open('/proc/1/mem','r+b')"), hasControl: false),
        Attack(
            name: "take a descriptor of init", script: call(438, "l.syscall(434,1,0),3,0"), hasControl: false),
        Attack(
            name: "namespaces without a user", script: "unshare -m true || unshare -n true || unshare -C true",
            hasControl: false),
        Attack(name: "realtime scheduling", script: "chrt -f 10 true", hasControl: false),
        Attack(
            name: "what goes on after the command",
            script: "setsid -f bash -c 'exec -a $OUT/late sleep 300'; exit 1",
            intact: "! pgrep -f $OUT/lat[e]", hasControl: false),
        Attack(name: "virtual machine socket", script: python("import socket;socket.socket(40,1)"), hasControl: false),
        Attack(name: "kernel crypto socket", script: python("import socket;socket.socket(38,5)"), hasControl: false),
        Attack(name: "packet socket", script: python("import socket;socket.socket(17,3)"), hasControl: false),
        Attack(name: "netfilter socket", script: python("import socket;socket.socket(16,3,12)"), hasControl: false),
        Attack(
            name: "inject terminal input",
            script: python(
                "import pty,os,fcntl;m,s=pty.openpty();os.setsid() if os.getpid()!=os.getsid(0) else 0;fcntl.ioctl(s,0x540E,0);fcntl.ioctl(s,0x5412,b'x')"
            ), hasControl: false),
        Attack(
            name: "inject terminal input with high bits",
            script: python(
                "import pty,os,ctypes,sys;m,s=pty.openpty();l=ctypes.CDLL(None);r=l.syscall(16,s,ctypes.c_long(0x5412|1<<32),b'x');sys.exit(r!=0)"
            ), hasControl: false),
        Attack(
            name: "unbounded processes",
            script: python("import os,time,sys\nfor i in range(6000):\n  if os.fork()==0: time.sleep(20); os._exit(0)"),
            hasControl: false),
        Attack(
            name: "a second notification listener",
            script: python(
                "import ctypes,struct,sys;l=ctypes.CDLL(None);f=ctypes.create_string_buffer(struct.pack('HBBI',6,0,0,0x7fff0000));p=ctypes.create_string_buffer(struct.pack('HxxxxxxQ',1,ctypes.addressof(f)));sys.exit(0 if l.syscall(317,1,8,p)>=0 else 1)"
            ), hasControl: false),
        Attack(
            name: "gain rights by set-user-id",
            script:
                "cp /usr/bin/id $WS/id 2>/dev/null; grep -q 'CapEff:.*[1-9a-f]' /proc/self/status || su -c true nobody",
            hasControl: false),
    ]

    @Test("kernel", arguments: AttackCase.all(kernel))
    func holdsForKernel(_ one: AttackCase) async throws { try await expectHeld(one) }

    static let network: [Attack] = [
        Attack(
            name: "a server on the host's loopback",
            setup:
                "/usr/bin/python3 -c \"import socket,os,time;s=socket.socket();s.bind(('127.0.0.1',0));s.listen();open(os.environ['OUT']+'/port.new','w').write(str(s.getsockname()[1]));os.rename(os.environ['OUT']+'/port.new',os.environ['OUT']+'/port');time.sleep(300)\" & echo $! >> $OUT/pids; while [ ! -e $OUT/port ]; do :; done",
            script: python(
                "import socket,os;socket.create_connection(('127.0.0.1',int(open(os.environ['OUT']+'/port').read())),2)"
            )),
        // In the sandbox's own network there is no route: nothing is sent. Outside it is not tried.
        Attack(
            name: "TCP", script: python("import socket;socket.create_connection(('203.0.113.7',443),2)"),
            hasControl: false),
        Attack(
            name: "UDP", script: python("import socket;s=socket.socket(2,2);s.sendto(b'x',('203.0.113.7',443))"),
            hasControl: false),
        Attack(
            name: "TCP over IPv6",
            script: python("import socket;s=socket.socket(10);s.settimeout(2);s.connect(('2001:db8::7',443))"),
            hasControl: false),
        Attack(
            name: "TCP that sends before it connects",
            script: python(
                "import socket;s=socket.socket();s.settimeout(2);s.sendto(b'x',0x20000000,('203.0.113.7',80));s.recv(1)"
            ),
            hasControl: false),
        Attack(
            name: "TCP by a mapped address",
            script: python(
                "import socket;s=socket.socket(10);s.settimeout(2);s.connect(('::ffff:203.0.113.7',443))"),
            hasControl: false),
        Attack(name: "names", script: "timeout 5 getent hosts lockgate.invalid", hasControl: false),
        Attack(name: "other interfaces", script: "ip -o link | grep -qv ': lo:'", hasControl: false),
        Attack(name: "add a network address", script: "ip addr add 203.0.113.7/32 dev lo", hasControl: false),
    ]

    @Test("network", arguments: AttackCase.all(network))
    func holdsForNetwork(_ one: AttackCase) async throws { try await expectHeld(one) }
}
