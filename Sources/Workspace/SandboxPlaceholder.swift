import CLinux

/// What a running sandbox puts where nothing may come into being, and takes away when it ends (placeholder.h): none of
/// the workspace's own content.
///
/// A command can set the mark too. So it counts only for what holds nothing, and was never covered before: nothing that
/// a checkpoint has can be hidden from the next by marking it.
enum SandboxPlaceholder {
    static func isMarked(_ descriptor: Int32) -> Bool {
        clinux_has_attribute(descriptor, "user.lockgate.placeholder") == 1
    }
}
