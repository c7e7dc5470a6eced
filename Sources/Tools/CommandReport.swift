import Basics
import Glibc
import Wire

/// What a call says of its command.
struct CommandReport: Sendable, ToolResponding {
    var text: String
    var totalBytes = 0
    var whole = (text: "", omitted: 0)
    var exit: CommandExit?
    var terminal: Int?
    var milliseconds = 0
    var isRefusal = false
    /// Ended by us, since its time was over.
    var isStopped = false
    /// What the sandbox refused; known once the command has ended.
    var denials: [EffectDenial] = []
    /// What the user made writable because of that.
    var granted: [String] = []
    /// Set when the sandbox ended, and the command with it.
    var loss: LockgateError?
    /// What it wrote to disks; known once the command has ended.
    var bytesWritten: Int?
    /// What happened to the sandbox before this command could start.
    var incidents: [String] = []
    /// What changed meanwhile that programs outside the sandbox run or obey.
    var sensitiveChanges: [SensitiveChange] = []

    init(_ terminal: Terminal, modelBytes: Int) {
        exit = terminal.exit
        self.terminal = exit == nil ? terminal.number : nil
        milliseconds = Int((ContinuousClock.now - terminal.started) / .milliseconds(1))
        let unread = terminal.takeUnread(modelBytes: modelBytes)
        text = unread.text
        totalBytes = unread.total
        whole = terminal.wholeOutput
        if let exit {
            denials = terminal.command.denials(output: whole.text, exit: exit)
            loss = terminal.command.loss
            bytesWritten = terminal.command.bytesWritten
        }
    }

    init(refusal: String) {
        text = refusal
        isRefusal = true
    }

    /// The answer that the model reads.
    var answer: String {
        if isRefusal { return text }
        var head = ["Wall time: \(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) seconds"]
        switch exit {
        case .exited(let code)?: head.append("Process exited with code \(code)")
        case .signaled(let signal)?: head.append("Process ended by signal \(signal)")
        case nil: head.append("Process running with session ID \(terminal ?? 0)")
        }
        if let loss { head.append("\(loss.message) \(loss.remedy ?? "")") }
        if totalBytes > text.utf8.count { head.append("Total output: \(totalBytes) bytes, shortened below") }
        head.append("Output:")
        return head.joined(separator: "\n") + "\n" + explainedText
    }

    /// The output with what the model has to know of refusals.
    var explainedText: String {
        denials.isEmpty || text.isEmpty || text.hasSuffix("\n")
            ? text + denials.modelNote(granted: granted) : "\(text)\n\(denials.modelNote(granted: granted))"
    }

    /// What hooks read of it.
    var toolResponse: JSONValue {
        [
            "output": .string(text), "exit_code": .optional(exit?.code), "session_id": .optional(terminal),
            "duration_ms": .int(milliseconds),
        ]
    }

    func fill(_ item: inout ThreadItem.CommandExecution) {
        item.aggregatedOutput = whole.text
        item.omittedBytes = whole.omitted
        item.durationMilliseconds = milliseconds
        item.denials = denials
        if let loss {
            item.reason = loss.message
            item.reasonCode = loss.code.name
        }
        item.sensitiveChanges = sensitiveChanges
        switch exit {
        case .exited(let code)?:
            item.exitCode = code
            item.status = code == 0 ? .completed : .failed
        case .signaled(let signal)?:
            item.exitCode = 128 + signal
            item.signal = String(cString: strsignal(Int32(signal)))
            item.status = .failed
        case nil:
            item.terminal = terminal
            item.status = .completed
        }
    }

    /// What the journal keeps beside the item.
    func json(sandbox: String) -> JSONValue {
        var object: JSONObject = [
            "sandbox": .string(sandbox), "duration_ms": .int(milliseconds),
            "output_bytes": .int(max(totalBytes, whole.text.utf8.count + whole.omitted)),
        ]
        if let exit { object["exit_code"] = .int(exit.code) }
        if let bytesWritten { object["bytes_written"] = .int(bytesWritten) }
        if let loss { object["loss"] = ["code": .string(loss.code.name), "message": .string(loss.message)] }
        if !incidents.isEmpty { object["sandbox_incidents"] = .array(incidents.map { .string($0) }) }
        if let terminal { object["terminal"] = .int(terminal) }
        if !denials.isEmpty { object["denials"] = .array(denials.map(\.json)) }
        if !sensitiveChanges.isEmpty { object["sensitive_changes"] = .array(sensitiveChanges.map(\.json)) }
        return .object(object)
    }
}
