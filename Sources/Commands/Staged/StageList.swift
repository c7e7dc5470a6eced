import Basics
import Wire
import Workspace

/// The stages that are kept, as lines or JSON.
enum StageList {
    static func show(json: Bool) throws(LockgateError) {
        let stages = StageFolder.all(home: try OpenStage.home()).filter { $0.record.state != .applied }
        if json {
            return print(
                JSONValue.array(
                    stages.map { folder, record in
                        var object: JSONObject = record.json.object ?? [:]
                        object["base"] = nil
                        object["bytes"] = .int(Int(folder.size))
                        return .object(object)
                    }
                ).text)
        }
        for (folder, record) in stages {
            let megabytes = (folder.size + 999_999) / 1_000_000
            print(
                "\(record.session)\t\(record.began.rfc3339)\t\(record.state.rawValue)\t\(record.method.rawValue)\t\(megabytes) MB\t\(Array(record.workspace.utf8).shownPath)"
            )
        }
        if stages.isEmpty { print("Nothing is staged.") }
    }
}
