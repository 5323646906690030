/// A name that belongs to one kind of thing, so that a device's is never taken for an agency's.
public struct Identifier<Kind>: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// The name as written.
    public let text: String

    /// A name taken as it is; use the checked initializers of each kind for names that come from outside.
    public init(_ text: String) {
        self.text = text
    }

    /// Reads a bare string.
    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes a bare string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// Alphabetical order of the names.
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.text < rhs.text }

    /// The name as written.
    public var description: String { text }
}

/// Marks identifiers of devices.
public enum DeviceKind: Sendable {}
/// Marks identifiers of agencies.
public enum AgencyKind: Sendable {}
/// Marks identifiers of zones.
public enum ZoneKind: Sendable {}
/// Marks identifiers of NGSI-LD entities.
public enum EntityKind: Sendable {}

/// A device's name within the city, also the last segment of its SPIFFE ID.
public typealias DeviceID = Identifier<DeviceKind>
/// The organisation that owns devices and data.
public typealias AgencyID = Identifier<AgencyKind>
/// An IEC 62443 zone: devices with one protection level.
public typealias ZoneID = Identifier<ZoneKind>
/// An NGSI-LD entity's id: a URI.
public typealias EntityID = Identifier<EntityKind>

extension Identifier {
    /// Whether `text` may name a device, an agency or a zone: 1 to 64 of `a-z A-Z 0-9 . _ -`, first a letter or digit.
    ///
    /// The set fits a SPIFFE path segment, an MQTT topic level, a file name and a URN without escaping.
    public static func isPlainName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 64, isAlphanumeric(first) else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// The number under which the city knows one attribute of one entity; dense, from 0, never reused.
public struct SeriesID: Sendable, Hashable, Comparable, Codable {
    /// The number.
    public let index: UInt32

    /// The attribute with this number.
    @inlinable
    public init(index: UInt32) {
        self.index = index
    }

    /// In the order in which the attributes were first seen.
    public static func < (lhs: SeriesID, rhs: SeriesID) -> Bool { lhs.index < rhs.index }
}
