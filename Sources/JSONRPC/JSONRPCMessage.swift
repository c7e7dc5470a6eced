package import Basics

/// The name of a request, which its answer bears: JSON-RPC 2.0 section 4. Null is no id here, as MCP has it.
package enum RequestID: Sendable, Hashable {
    case number(Int)
    case text(String)

    init?(_ value: JSONValue) {
        if let number = value.int {
            self = .number(number)
        } else if let text = value.string, text.utf8.count <= 1024 {
            self = .text(text)
        } else {
            return nil
        }
    }

    package var json: JSONValue {
        switch self {
        case .number(let number): .int(number)
        case .text(let text): .string(text)
        }
    }
}

/// An error that the other side answered with.
package struct RemoteError: Error, Sendable, Hashable {
    package var code: Int
    package var message: String
    package var data: JSONValue?

    package init(code: Int, message: String, data: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    package static func methodNotFound(_ method: String) -> RemoteError {
        RemoteError(code: -32601, message: "there is no method \(method)")
    }
    package static let invalidParameters = RemoteError(code: -32602, message: "the parameters are not valid")

    package var json: JSONValue {
        var object: JSONObject = ["code": .int(code), "message": .string(message)]
        if let data { object["data"] = data }
        return .object(object)
    }
}

/// One message of JSON-RPC 2.0. Batches are not: none of the protocols on top of this has them any more.
package enum JSONRPCMessage: Sendable, Hashable {
    case request(id: RequestID, method: String, parameters: JSONObject)
    case notification(method: String, parameters: JSONObject)
    case response(id: RequestID, Result<JSONValue, RemoteError>)
    /// An error about a message whose id the other side could not read.
    case unattributedError(RemoteError)

    /// Why a line is no message.
    package struct Malformed: Error, Sendable, Hashable {
        package var reason: String
        /// The id, where that at least could be read and a request was meant: it deserves an answer.
        package var request: RequestID?
    }

    package init(_ bytes: [UInt8]) throws(Malformed) {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw Malformed(reason: "no JSON: \(error.reason)", request: nil)
        }
        guard let object = value.object else { throw Malformed(reason: "no object", request: nil) }
        let id = object["id"].flatMap(RequestID.init)
        guard object["jsonrpc"]?.string == "2.0" else {
            throw Malformed(reason: "not JSON-RPC 2.0", request: object["method"] == nil ? nil : id)
        }
        if let method = object["method"] {
            guard let name = method.string, object["result"] == nil, object["error"] == nil else {
                throw Malformed(reason: "neither a request nor an answer", request: id)
            }
            guard let parameters = (object["params"] ?? [:]).object else {
                throw Malformed(
                    reason: "parameters of \(HarmlessText.clean(String(name.prefix(100)))) are no object", request: id)
            }
            guard object["id"] != nil else {
                self = .notification(method: name, parameters: parameters)
                return
            }
            guard let id else { throw Malformed(reason: "the id is neither number nor text", request: nil) }
            self = .request(id: id, method: name, parameters: parameters)
            return
        }
        let failure = try object["error"].map(Self.failure)
        guard (object["result"] == nil) != (failure == nil) else {
            throw Malformed(reason: "an answer has either a result or an error", request: nil)
        }
        guard let id else {
            guard let failure, object["id"] == nil || object["id"] == .null else {
                throw Malformed(reason: "an answer to nothing", request: nil)
            }
            self = .unattributedError(failure)
            return
        }
        self = .response(id: id, failure.map(Result.failure) ?? .success(object["result"] ?? .null))
    }

    private static func failure(_ value: JSONValue) throws(Malformed) -> RemoteError {
        guard let object = value.object, let code = object["code"]?.int, let message = object["message"]?.string else {
            throw Malformed(reason: "an error without code or message", request: nil)
        }
        return RemoteError(code: code, message: message, data: object["data"])
    }

    package var json: JSONValue {
        var object: JSONObject = ["jsonrpc": "2.0"]
        switch self {
        case .request(let id, let method, let parameters):
            object["id"] = id.json
            object["method"] = .string(method)
            object["params"] = .object(parameters)
        case .notification(let method, let parameters):
            object["method"] = .string(method)
            if !parameters.isEmpty { object["params"] = .object(parameters) }
        case .response(let id, .success(let result)):
            object["id"] = id.json
            object["result"] = result
        case .response(let id, .failure(let error)):
            object["id"] = id.json
            object["error"] = error.json
        case .unattributedError(let error):
            object["id"] = .null
            object["error"] = error.json
        }
        return .object(object)
    }
}
