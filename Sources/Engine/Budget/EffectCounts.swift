import Wire

/// What effects have used, in numbers that add up without a reservation.
struct EffectCounts: Sendable, Hashable {
    var commands = 0
    /// Bytes, of effects that have ended.
    var written = 0
    /// Bytes of the bodies of requests, each repeat included.
    var sent = 0

    /// nil for what is not counted here.
    func amount(_ unit: BudgetLimit.Unit) -> Int? {
        switch unit {
        case .commands: commands
        case .bytesWritten: written
        case .bytesSent: sent
        case .usd, .tokens, .seconds: nil
        }
    }
}

extension Effect {
    /// The limits that have to leave room before it may run.
    var countedUnits: [BudgetLimit.Unit] {
        switch self {
        case .runCommand: [.commands, .bytesWritten]
        case .changeFiles, .writeInput, .callTool: [.bytesWritten]
        case .readFile, .access, .askModel: []
        }
    }
}

extension BudgetLimit.Unit {
    /// `40 commands`, `1000 bytes to write`.
    func phrase(_ amount: Double) -> String {
        switch self {
        case .usd: "\(amount) USD"
        case .tokens, .seconds, .commands: "\(Int(amount)) \(rawValue)"
        case .bytesWritten: "\(Int(amount)) bytes to write"
        case .bytesSent: "\(Int(amount)) bytes to send"
        }
    }
}
