import NIOCore
import NIOHTTP1

/// The answer to a request that is not upgraded.
struct UpgradeRefusal: Error, Equatable {
    let status: HTTPResponseStatus
    /// Why, for whoever reads the answer; says nothing of what was sent.
    let sentence: String
    /// Headers that the status asks for.
    var headers: HTTPHeaders = [:]
}

/// A request for a WebSocket that carries MQTT, as a server must read it (RFC 6455 §4.2.1; MQTT 5.0 §6).
///
/// A value that judges heads; knows no channel.
struct UpgradeRequest {
    let path: String
    let allowedOrigins: AllowedOrigins

    /// - Throws: What to answer instead of the upgrade.
    func check(_ head: HTTPRequestHead) throws(UpgradeRefusal) {
        try checkFraming(head)
        guard head.uri.prefix(while: { $0 != "?" }) == path else {
            throw UpgradeRefusal(
                status: .notFound, sentence: "there is nothing here: MQTT over WebSocket is at `\(path)`")
        }
        guard head.method == .GET else {
            throw UpgradeRefusal(
                status: .methodNotAllowed, sentence: "a WebSocket is asked for with GET", headers: ["Allow": "GET"])
        }
        try checkUpgrade(head.headers)
        try checkOrigin(head.headers)
        // MQTT-6.0.0-3: "The WebSocket Subprotocol name that the Client offers MUST include mqtt".
        let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
        guard offered.contains(where: { $0 == MQTTTransport.subprotocol }) else {
            throw UpgradeRefusal(
                status: .badRequest, sentence: "Sec-WebSocket-Protocol must offer `mqtt` [MQTT-6.0.0-3]")
        }
    }

    /// One request, whole with its head: whatever else might follow would be read as frames (RFC 9112 §11.2).
    private func checkFraming(_ head: HTTPRequestHead) throws(UpgradeRefusal) {
        guard head.version == .http1_1 else {
            throw UpgradeRefusal(status: .badRequest, sentence: "a WebSocket is asked for with HTTP/1.1")
        }
        let lengths = head.headers[canonicalForm: "Content-Length"]
        guard !head.headers.contains(name: "Transfer-Encoding"), lengths.allSatisfy({ $0 == "0" }) else {
            throw UpgradeRefusal(status: .badRequest, sentence: "a request for a WebSocket has no body")
        }
        guard head.headers["Host"].count == 1 else {
            throw UpgradeRefusal(status: .badRequest, sentence: "a request has one Host")
        }
    }

    private func checkUpgrade(_ headers: HTTPHeaders) throws(UpgradeRefusal) {
        guard Self.contains("websocket", in: headers, "Upgrade"), Self.contains("upgrade", in: headers, "Connection")
        else {
            throw UpgradeRefusal(
                status: .upgradeRequired, sentence: "this is MQTT over WebSocket: ask for an upgrade to `websocket`",
                headers: ["Upgrade": "websocket"])
        }
        guard headers["Sec-WebSocket-Version"] == ["13"] else {
            // RFC 6455 §4.4: the answer names the versions that are understood.
            throw UpgradeRefusal(
                status: .upgradeRequired, sentence: "the version of WebSocket that is spoken here is 13",
                headers: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"])
        }
        let keys = headers["Sec-WebSocket-Key"]
        guard keys.count == 1, Self.isKey(keys[0]) else {
            throw UpgradeRefusal(status: .badRequest, sentence: "Sec-WebSocket-Key must be 16 bytes in Base64")
        }
    }

    private func checkOrigin(_ headers: HTTPHeaders) throws(UpgradeRefusal) {
        let host = headers["Host"].first ?? ""
        let origins = headers["Origin"]
        guard origins.count <= 1, origins.allSatisfy({ allowedOrigins.allows($0, host: host) }) else {
            throw UpgradeRefusal(
                status: .forbidden, sentence: "pages of this origin may not connect: the operator has to allow it")
        }
    }

    private static func contains(_ token: String, in headers: HTTPHeaders, _ name: String) -> Bool {
        headers[canonicalForm: name].contains { $0.lowercased() == token }
    }

    /// Base64 of 16 bytes: 22 digits and two signs of padding.
    private static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        guard bytes.count == 24, bytes.suffix(2) == [UInt8(ascii: "="), UInt8(ascii: "=")] else { return false }
        return bytes.dropLast(2).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }
}
