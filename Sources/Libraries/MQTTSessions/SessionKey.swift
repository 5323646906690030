/// The key of a session's record.
///
///     | length of client identifier 2 | client identifier | kind 1 | subject |
///
///     head          01   nothing
///     subscription  02   topic filter
///     message       03   sequence 8
///     identifier    04   packet identifier 2
///
/// Integers are big-endian, so that messages are in the order of their sequence when keys are sorted as bytes. All records
/// of a session, and no others, begin with ``prefix(client:)``.
public enum SessionKey: Sendable, Hashable {
    /// ``SessionHead``.
    case head
    /// A subscription, by its topic filter.
    case subscription([UInt8])
    /// A message of QoS 1 or 2 for the client, by its sequence.
    case message(UInt64)
    /// A QoS 2 identifier that the client has not released.
    case identifier(UInt16)

    /// What the keys of all records of a client begin with.
    ///
    /// - Parameter client: Its client identifier, of at most 65,535 bytes. Precondition; the decoder lets no longer through.
    /// - Returns: Length and client identifier.
    public static func prefix(client: String) -> [UInt8] {
        let count = client.utf8.count
        precondition(count <= 0xFFFF, "a client identifier of \(count) bytes")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(2 + count + 11)
        bytes.append(UInt8(count >> 8))
        bytes.append(UInt8(count & 0xFF))
        bytes.append(contentsOf: client.utf8)
        return bytes
    }

    /// The whole key.
    ///
    /// - Parameter client: The client identifier, of at most 65,535 bytes. Precondition.
    /// - Returns: The bytes.
    public func bytes(client: String) -> [UInt8] {
        var writer = RecordWriter(SessionKey.prefix(client: client))
        switch self {
        case .head: writer.write(1 as UInt8)
        case .subscription(let filter):
            writer.write(2 as UInt8)
            writer.bytes.append(contentsOf: filter)
        case .message(let sequence):
            writer.write(3 as UInt8)
            writer.write(sequence)
        case .identifier(let identifier):
            writer.write(4 as UInt8)
            writer.write(identifier)
        }
        return writer.bytes
    }

    /// Takes a key apart.
    ///
    /// - Parameter key: Any bytes.
    /// - Returns: The client identifier and what the record is of; nil when the bytes are no key.
    public static func parse(_ key: [UInt8]) -> (client: String, key: SessionKey)? {
        var reader = RecordReader(key[...])
        guard let count = reader.read(UInt16.self), let name = reader.read(bytes: Int(count)),
            let client = String(validating: name, as: UTF8.self), let kind = reader.read(UInt8.self)
        else { return nil }
        let parsed: SessionKey
        switch kind {
        case 1: parsed = .head
        case 2: parsed = .subscription(Array(reader.readRest()))
        case 3:
            guard let sequence = reader.read(UInt64.self) else { return nil }
            parsed = .message(sequence)
        case 4:
            guard let identifier = reader.read(UInt16.self), identifier != 0 else { return nil }
            parsed = .identifier(identifier)
        default: return nil
        }
        return reader.isAtEnd ? (client, parsed) : nil
    }
}
