import Basics
import Wire

/// `sandbox_workspace_write.network_access` is Codex's name for `network.mode = "on"` in one sandbox mode.
///
/// Both names feed one value, so that nothing else has to know about the older one.
enum NetworkAccess {
    private static let accessKey = "sandbox_workspace_write.network_access"
    private static let modeKey = "network.mode"
    private static let modeIndex = OptionTable.all.options.firstIndex { $0.pattern == modeKey }

    /// Adds `network.mode` to a layer that states `network_access` alone.
    ///
    /// - Throws: `config.contradiction` when one layer states both and they disagree.
    static func translate(_ layer: inout ConfigurationLayer) throws(LockgateError) {
        guard let access = layer.settings.last(where: { $0.key == accessKey }), let modeIndex else { return }
        let isOn = access.value == true
        if let mode = layer.settings.last(where: { $0.key == modeKey }) {
            guard (mode.value == .string(NetworkMode.on.rawValue)) != isOn else { return }
            throw LockgateError(
                "config.contradiction",
                """
                \(access.origin.location): \(accessKey) = \(TOMLText.inline(access.value)) contradicts \
                \(modeKey) = \(TOMLText.inline(mode.value)) at \(mode.origin.location)
                """, remedy: "keep \(modeKey) and remove \(accessKey)")
        }
        let mode: NetworkMode = isOn ? .on : .off
        layer.settings.append(
            LayerSetting(
                key: modeKey, option: modeIndex, names: [], value: .string(mode.rawValue), origin: access.origin,
                condition: .workspaceWrite))
    }
}
