/// Which folders a checkpoint leaves out because a tool can make them again.
///
/// The rule is only asked when a folder is first seen: one that was covered stays covered, so that nothing can be
/// hidden from a checkpoint by marking it as a cache.
enum OmissionRules {
    /// Left out wherever they stand.
    private static let names: Set<[UInt8]> = Set(
        [
            "node_modules", "bower_components", ".build", "__pycache__", ".venv", ".tox", ".nox", ".mypy_cache",
            ".pytest_cache", ".ruff_cache", ".gradle", ".next", ".nuxt", ".parcel-cache", ".turbo", ".terraform",
            "DerivedData", ".zig-cache", ".stack-work", "dist-newstyle", "_build", ".dart_tool",
        ].map { Array($0.utf8) })

    /// Left out where a file in them shows what they are.
    static let markers = ["CACHEDIR.TAG", "CMakeCache.txt", "pyvenv.cfg", ".rustc_info.json"]

    static func omits(name: some Collection<UInt8>) -> Bool { names.contains(Array(name)) }
}
