/// A root of the file system other than the process's own, in which a session's file tools find and change files.
package protocol FileView: AnyObject, Sendable {
    /// Of the root folder; valid as long as the view is.
    var descriptor: Int32 { get }
}

/// Opens the view at its first use, or after it was lost.
///
/// - Throws: when there is none; nothing may be looked for on the machine itself then.
package typealias FileViewSource = @Sendable () throws(LockgateError) -> any FileView
