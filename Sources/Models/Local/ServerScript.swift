/// The Python program that runs llama.cpp's HTTP server, written under LOCKGATE_HOME before each start.
enum ServerScript {
    /// Takes one argument, a JSON object: model, sha256, id, context, threads (0: all cores but one), idle (seconds),
    /// state, lease and lock (paths), key.
    ///
    /// It listens on loopback alone, on a port that the kernel picks, and tells both in the state file (mode 0600).
    /// It ends itself when its lease has not been touched for the idle time and it has used no processor either.
    /// The end holds the lock, so that nobody who has just been told of this server finds it gone.
    static let text = """
        import fcntl, json, os, sys, threading, time
        os.closerange(3, 4096)
        given = json.loads(sys.argv[1])


        def start_of_this_process():
            with open("/proc/self/stat", "rb") as file:
                return int(file.read().rpartition(b")")[2].split()[19])


        def tell(status, address=None):
            state = {
                "pid": os.getpid(), "start": start_of_this_process(), "id": given["id"], "sha256": given["sha256"],
                "key": given["key"], "status": status, "address": address, "since": int(time.time() * 1000),
            }
            new = given["state"] + ".new"
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(state, file)
            os.replace(new, given["state"])


        def end_when_idle():
            step = max(0.05, min(5.0, given["idle"] / 10))
            used_before, busy_until = 0.0, time.time() + given["idle"]
            while True:
                time.sleep(step)
                used = sum(os.times()[:2])
                if used - used_before > step / 5:
                    busy_until = time.time() + given["idle"]
                used_before = used
                try:
                    leased_until = os.stat(given["lease"]).st_mtime + given["idle"]
                except OSError:
                    leased_until = 0
                if time.time() < max(busy_until, leased_until):
                    continue
                with open(given["lock"], "a") as lock:
                    try:
                        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except OSError:
                        continue
                    try:
                        if time.time() < os.stat(given["lease"]).st_mtime + given["idle"]:
                            continue
                    except OSError:
                        pass
                    try:
                        os.unlink(given["state"])
                    except OSError:
                        pass
                    print("idle: ended", flush=True)
                    os._exit(0)


        tell("loading")
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = given["model"]
        parameters.n_ctx = given["context"]
        parameters.n_parallel = 1
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.use_jinja = True
        parameters.api_keys = [given["key"]]
        threads = given["threads"] or max(1, len(os.sched_getaffinity(0)) - 1)
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
        server = xllamacpp.Server(parameters)
        threading.Thread(target=end_when_idle, daemon=True).start()
        tell("ready", server.listening_address)
        print("ready", server.listening_address, "threads", threads, flush=True)
        while True:
            time.sleep(3600)
        """
}
