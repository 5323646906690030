public import MQTTPackets
public import NIOCore

/// What a bridge tells the two brokers of itself.
public struct BridgeTerms: Sendable, Equatable {
    /// The edition spoken with the remote broker; with this one it is always 5.0.
    public var version: ProtocolVersion
    /// Names the session that the remote broker keeps.
    public var remoteIdentifier: String
    /// Names the session that this broker keeps.
    public var localIdentifier: String
    /// User name there.
    public var userName: String?
    /// Password there.
    public var password: ByteBuffer?
    /// The longest silence on the way there; zero for any.
    public var keepAliveSeconds: UInt16 = 60
    /// Messages of QoS 1 and 2 that may be under way in each direction; the remote broker may allow fewer.
    public var window: UInt16 = 1_024
    /// The largest packet that this broker takes, in bytes.
    public var maximumLocalPacketBytes = MQTTLimits.packetBytes
    /// How long the remote broker keeps the session while the link is down, in seconds; 5.0 only.
    public var remoteExpirySeconds: UInt32 = 604_800
    /// Whether this broker keeps no session of the bridge yet: what the remote one keeps is then of no use, and must go.
    public var beginsAnew = false
    /// The packet identifier for SUBSCRIBE at the remote broker: one that no message has which this broker may send again.
    public var subscribeIdentifier: UInt16 = .max
    /// Marks what leaves.
    public var mark: HopMark

    /// The usual terms.
    public init(version: ProtocolVersion, remoteIdentifier: String, localIdentifier: String, mark: HopMark) {
        self.version = version
        self.remoteIdentifier = remoteIdentifier
        self.localIdentifier = localIdentifier
        self.mark = mark
    }
}

extension BridgeTerms {
    /// CONNECT for the remote broker. 3.1.1 ends a clean session with its connection, so there the old one stays.
    var remoteConnect: Connect {
        let isNewest = version == .v5
        return Connect(
            version: version, clientIdentifier: remoteIdentifier, cleanStart: beginsAnew && isNewest,
            keepAliveSeconds: keepAliveSeconds, userName: userName, password: password,
            properties: isNewest
                ? [
                    .sessionExpiryInterval(seconds: remoteExpirySeconds), .receiveMaximum(window),
                    .maximumPacketSize(bytes: UInt32(clamping: maximumLocalPacketBytes)),
                ] : [])
    }

    /// CONNECT for this broker.
    ///
    /// - Parameters:
    ///   - window: Messages under way at a time.
    ///   - packetBytes: The largest packet; nil for any.
    /// - Returns: The packet.
    func localConnect(window: UInt16, packetBytes: Int?) -> Connect {
        var properties: Properties = [.sessionExpiryInterval(seconds: .max), .receiveMaximum(window)]
        if let packetBytes { properties.list.append(.maximumPacketSize(bytes: UInt32(clamping: packetBytes))) }
        return Connect(
            version: .v5, clientIdentifier: localIdentifier, cleanStart: false, properties: properties)
    }
}

/// What the remote broker has said in CONNACK that it takes (5.0 §3.2.2.3). 3.1.1 says nothing.
struct RemoteLimits: Sendable {
    /// Of 3.1.1, which cannot say: what Mosquitto takes unless it is told otherwise.
    static let unstatedReceiveMaximum: UInt16 = 20

    var receiveMaximum = unstatedReceiveMaximum
    var maximumPacketBytes = MQTTLimits.packetBytes
    var maximumQoS = QoS.exactlyOnce
    var keepsRetained = true

    init() {}

    init(_ properties: Properties) {
        receiveMaximum = properties.receiveMaximum ?? .max
        maximumPacketBytes = properties.maximumPacketSize ?? maximumPacketBytes
        maximumQoS = properties.maximumQoS ?? maximumQoS
        keepsRetained = properties.retainAvailable ?? keepsRetained
    }
}

/// Why a link ends. Shown to people.
public enum BridgeFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The remote broker has refused CONNECT.
    case refused(ReasonCode, reasonString: String?)
    /// The remote broker has said DISCONNECT.
    case disconnected(ReasonCode, reasonString: String?)
    /// The remote broker takes no messages at the moment: what it refused so is sent again on the next link.
    case unwilling(ReasonCode, reasonString: String?)
    /// This broker has refused the bridge, or ended its connection.
    case local(ReasonCode, reasonString: String?)
    /// A side broke the protocol.
    case protocolError(BridgeSide, String)

    /// What happened, for a log.
    public var description: String {
        switch self {
        case .refused(let code, let text): "the broker refuses the connection: \(code.words(text))"
        case .disconnected(let code, let text): "the broker ended the connection: \(code.words(text))"
        case .unwilling(let code, let text): "the broker takes no messages now: \(code.words(text))"
        case .local(let code, let text): "this city ended the link: \(code.words(text))"
        case .protocolError(.remote, let text): "the broker broke the protocol: \(text)"
        case .protocolError(.local, let text): "the link was cut short inside of the city: \(text)"
        }
    }
}

/// The ends of a bridge.
public enum BridgeSide: Sendable, Equatable {
    /// The broker that this program is.
    case local
    /// The one that it connects to.
    case remote
}

extension ReasonCode {
    /// `bad user name or password (0x86), "…"`.
    func words(_ reasonString: String? = nil) -> String {
        var words = ""
        for character in "\(self)" {
            if character.isUppercase { words += " " }
            words += character.lowercased()
        }
        let number = String(rawValue, radix: 16, uppercase: true)
        let code = "\(words) (0x\(number.count < 2 ? "0" : "")\(number))"
        return reasonString.map { "\(code), `\($0)`" } ?? code
    }
}
