import MQTTPackets
import NIOCore

/// Bytes written as hexadecimal digits; whatever is not a digit is left out.
func bytes(_ hex: String) -> ByteBuffer {
    let digits = hex.compactMap(\.hexDigitValue)
    precondition(digits.count.isMultiple(of: 2), "odd number of digits in \(hex)")
    return ByteBuffer(
        bytes: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
}

func hex(_ buffer: ByteBuffer) -> String {
    buffer.readableBytesView.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined(separator: " ")
}

func text(_ string: String) -> ByteBuffer { ByteBuffer(string: string) }

/// A decoder in the middle of a connection: one that takes what `sender` sends.
func decoder(from sender: Sender, _ version: ProtocolVersion, maximumPacketBytes: Int? = nil) throws -> PacketDecoder {
    var decoder: PacketDecoder
    switch sender {
    case .server: decoder = PacketDecoder(role: .client(version))
    case .client:
        decoder = PacketDecoder(role: .server)
        var buffer = ByteBuffer()
        try Packet.connect(Connect(version: version, clientIdentifier: "c")).encode(into: &buffer, version: version)
        _ = try decoder.next(from: &buffer)
    }
    if let maximumPacketBytes { decoder.maximumPacketBytes = maximumPacketBytes }
    return decoder
}

/// A decoder that is ready for a packet of `type` from `sender`: a fresh one for CONNECT.
func decoder(
    for type: PacketType?, from sender: Sender, _ version: ProtocolVersion
) throws -> PacketDecoder {
    type == .connect ? PacketDecoder(role: .server) : try decoder(from: sender, version)
}

extension Packet {
    /// Who may send it; the client if both may.
    var usualSender: Sender {
        switch self {
        case .connack, .suback, .unsuback, .pingresp: .server
        case .publish(let publish): publish.properties.subscriptionIdentifiers.isEmpty ? .client : .server
        case .disconnect(let disconnect):
            disconnect.reasonCode.isAllowed(in: .disconnect, sentBy: .client) ? .client : .server
        case .auth(let auth): auth.reasonCode.isAllowed(in: .auth, sentBy: .client) ? .client : .server
        default: .client
        }
    }
}

/// Xorshift: the same seed, the same numbers, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &self) == 0 }
}
