import CLinux
import Glibc

enum TestRename {
    /// Swaps two paths in one step.
    static func exchange(_ first: String, _ second: String) -> Bool {
        clinux_rename(AT_FDCWD, first, AT_FDCWD, second, 1) == 0
    }
}
