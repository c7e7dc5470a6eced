import Audit
import Config
import Engine
import Journal
import Synchronization
import Text
import Wire

extension SessionSetup {
    /// What takes secrets out of requests and records; nil where it is switched off.
    func redactor(_ keys: SealKeyFile) -> Redactor? {
        guard settings.redaction.isEnabled else { return nil }
        let secret = environment.filter { SecretName.isSecret($0.key) || selection.keyNames.contains($0.key) }
        // Where the journal's key cannot be had the marks are good for this process alone.
        let key = Mutex<SealPrivateKey?>(nil)
        return Redactor(
            scanner: SecretScanner(known: Array(secret.values), allowed: settings.redaction.allow)
        ) { value in
            key.withLock { key in
                let own = key ?? (try? keys.load()) ?? SealPrivateKey()
                key = own
                return own.commitment(to: value)
            }
        }
    }

    /// The client behind what keeps secrets and canaries from it.
    func guarding(_ client: any ModelClient, _ redactor: Redactor?) throws(LockgateError) -> any ModelClient {
        guard redactor != nil || !settings.redaction.canaries.isEmpty else { return client }
        return RedactingClient(client, redactor: redactor, canaries: try canaries())
    }

    /// What ends the session when it is about to leave.
    func canaries() throws(LockgateError) -> [RedactingClient.Canary] {
        guard !settings.redaction.canaries.isEmpty else { return [] }
        let origin = try configuration.resolve("redaction.canaries").origin
        return settings.redaction.canaries.map { RedactingClient.Canary(text: $0, origin: origin) }
    }
}
