import Basics
import Config
import Engine
import Models

extension SessionSetup {
    /// Whether the model is worked with in plain text.
    var usesPlainText: Bool { selection.profile.toolMode == .text }

    /// How a turn with such a model is run; nil for any other model.
    var smallModel: SmallModelSettings? {
        guard usesPlainText else { return nil }
        var small = SmallModelSettings()
        small.seed = settings.modelSeed ?? small.seed
        // Hosted servers reject fields that they do not know.
        small.hasGrammar = ["llamacpp", ModelSelection.localProvider].contains(selection.provider.id)
        small.programs = Self.programs.filter { name in
            (environment["PATH"] ?? "").split(separator: ":").contains { PosixFile.exists("\($0)/\(name)") }
        }
        return small
    }

    /// Bytes of project instructions that fit a small window beside the files.
    static let smallDocumentBytes = 2_048

    private static let programs = ["bash", "cargo", "gcc", "git", "go", "make", "node", "python3", "swift"]
}
