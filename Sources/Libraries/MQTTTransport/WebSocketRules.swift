import NIOCore
import NIOWebSocket

/// What a client may send on a WebSocket that carries MQTT (RFC 6455; MQTT 5.0 §6).
///
/// A value: frames in, decisions out. The frames' own layout, the control frames' length and their being whole have been
/// checked by the codec, which throws ``NIOWebSocket/NIOWebSocketError``.
struct WebSocketRules {
    enum Decision: Equatable {
        /// The payload is MQTT's.
        case deliver
        /// Answer with a Pong of the same payload (RFC 6455 §5.5.2).
        case pong
        case ignore
        /// The client closes: answer with the same code, or with none (RFC 6455 §5.5.1).
        case answerClose(WebSocketErrorCode?)
        /// Close with the code and the sentence.
        case fail(WebSocketErrorCode, String)
    }

    /// Whether a message has begun whose last frame has not come.
    private var isWithinMessage = false

    mutating func received(_ frame: WebSocketFrame) -> Decision {
        // §5.1: "The server MUST close the connection upon receiving a frame that is not masked."
        guard frame.maskKey != nil else { return .fail(.protocolError, "a client's frames must be masked") }
        // §5.2: no extension is negotiated that gives these bits a meaning.
        guard frame.reservedBits.isEmpty else {
            return .fail(.protocolError, "a reserved bit is set, and no extension was agreed on")
        }
        switch frame.opcode {
        case .binary: return began(isWhole: frame.fin)
        case .continuation: return continued(isLast: frame.fin)
        case .text:
            // MQTT-6.0.0-1: "MQTT Control Packets MUST be sent in WebSocket binary data frames."
            return .fail(.unacceptableData, "MQTT is sent in binary frames, not in text frames [MQTT-6.0.0-1]")
        case .ping: return .pong
        case .pong: return .ignore
        case .connectionClose: return closed(frame.unmaskedData)
        default: return .fail(.protocolError, "there is no such opcode")
        }
    }

    private mutating func began(isWhole: Bool) -> Decision {
        guard !isWithinMessage else {
            return .fail(.protocolError, "a message begins before the last one has ended")
        }
        isWithinMessage = !isWhole
        return .deliver
    }

    private mutating func continued(isLast: Bool) -> Decision {
        guard isWithinMessage else { return .fail(.protocolError, "a message continues that has not begun") }
        isWithinMessage = !isLast
        return .deliver
    }

    /// §5.5.1: nothing at all, or a code of 2 bytes and a reason in UTF-8.
    private func closed(_ payload: ByteBuffer) -> Decision {
        var reason = payload
        guard reason.readableBytes > 0 else { return .answerClose(nil) }
        guard let code = reason.readInteger(as: UInt16.self), Self.mayBeSent(code) else {
            return .fail(.protocolError, "a Close frame without a code that may be sent")
        }
        guard String(validating: reason.readableBytesView, as: UTF8.self) != nil else {
            return .fail(.protocolError, "the reason in a Close frame is not UTF-8")
        }
        return .answerClose(WebSocketErrorCode(codeNumber: Int(code)))
    }

    /// The codes of RFC 6455 §7.4.1 and of IANA's registry that may stand in a frame, those of libraries, and private
    /// ones (§7.4.2). 1004, 1005, 1006 and 1015 are reserved for other ends.
    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
