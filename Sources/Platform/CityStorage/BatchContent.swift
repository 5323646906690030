public import CityModel
import Foundation

/// What one batch holds: events first, as JSON, then observations, compactly.
///
/// Wire form, version 1; integers are LEB128, signed ones zigzag:
///
///     +---------+-----------+---------------+------------------------+------------------+---------------
///     | 01      | salt      | events        | per event              | observations     | per observation
///     | 1 byte  | 32 bytes  | count         | length, JSON bytes     | count            | see below
///     +---------+-----------+---------------+------------------------+------------------+---------------
///
///     observation:  series | time minus the previous one's, µs | tag | value
///     tag and value: 0 number, 8 bytes little-endian IEEE 754 · 1 false · 2 true · 3 text · 4 JSON · 5 geometry
///                    · 6 relationship (3 to 6: length, UTF-8 bytes) · 7 number that is an integer, zigzag
public struct BatchContent: Sendable, Equatable {
    /// The secret from which each entry's salt is drawn, so that a proof of one entry tells nothing of its neighbours.
    public var salt: [UInt8]
    /// The events, as the JSON text that is also in their leaves.
    public var events: [[UInt8]]
    /// The observations, in the order in which they were accepted.
    public var observations: [Observation]

    /// Content; the salt has 32 bytes.
    public init(salt: [UInt8], events: [[UInt8]], observations: [Observation]) {
        precondition(salt.count == BatchContent.saltBytes, "a batch's salt has 32 bytes")
        self.salt = salt
        self.events = events
        self.observations = observations
    }

    static let saltBytes = 32
    private static let version: UInt8 = 1

    /// How many entries, and so how many leaves.
    public var entryCount: Int { events.count + observations.count }

    /// The bytes that the journal keeps.
    public func encoded() -> [UInt8] {
        var out = ByteSink(capacity: 64 + observations.count * 18 + events.reduce(0) { $0 + $1.count + 3 })
        out.append(BatchContent.version)
        out.append(contentsOf: salt)
        out.append(varint: UInt64(events.count))
        for event in events {
            out.append(varint: UInt64(event.count))
            out.append(contentsOf: event)
        }
        out.append(varint: UInt64(observations.count))
        var previous: Int64 = 0
        for observation in observations {
            out.append(varint: UInt64(observation.series.index))
            out.append(zigzag: observation.observedAt.microseconds &- previous)
            previous = observation.observedAt.microseconds
            out.append(value: observation.value)
        }
        return out.bytes
    }

    /// Reads what ``encoded()`` wrote.
    ///
    /// - Throws: ``StorageError/Code/damaged`` when the bytes are not a batch's content.
    public init(decoding bytes: [UInt8]) throws(StorageError) {
        var source = ByteSource(bytes)
        guard try source.byte() == BatchContent.version else { throw .unreadable("its version is not 1") }
        salt = try source.take(BatchContent.saltBytes)
        let eventCount = try source.count()
        events = []
        events.reserveCapacity(eventCount)
        for _ in 0..<eventCount { events.append(try source.take(try source.count())) }
        let observationCount = try source.count()
        observations = []
        observations.reserveCapacity(observationCount)
        var previous: Int64 = 0
        for _ in 0..<observationCount {
            let series = try source.varint()
            guard let index = UInt32(exactly: series) else { throw .unreadable("a series number is too large") }
            previous &+= try source.zigzag()
            let value = try source.value()
            observations.append(
                Observation(
                    series: SeriesID(index: index), observedAt: Timestamp(microseconds: previous), value: value))
        }
        guard source.isAtEnd else { throw .unreadable("bytes follow its last entry") }
    }
}

extension StorageError {
    /// Bytes that nobody has written so; whoever read them adds which they were.
    static func unreadable(_ what: String) -> StorageError {
        StorageError(.damaged, "the stored bytes cannot be read: \(what)")
    }
}

/// Appends the journal's integers and values to bytes.
struct ByteSink {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    mutating func append(contentsOf more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    mutating func append(value: AttributeValue) {
        switch value {
        case .number(let number): append(number: number)
        case .boolean(let flag): append(flag ? 2 : 1)
        case .text(let text): append(tag: 3, text)
        case .structured(let json): append(tag: 4, json)
        case .geometry(let json): append(tag: 5, json)
        case .relationship(let target): append(tag: 6, target)
        }
    }

    private mutating func append(number: Double) {
        if let integer = Int64(exactly: number), abs(number) < 1e12, !(number == 0 && number.sign == .minus) {
            append(7)
            append(zigzag: integer)
        } else {
            append(0)
            withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
    }

    private mutating func append(tag: UInt8, _ text: String) {
        append(tag)
        append(text)
    }

    mutating func append(_ text: String) {
        append(varint: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
}

/// Reads the journal's integers and values from bytes that may be damaged.
struct ByteSource {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws(StorageError) -> UInt8 {
        guard position < bytes.count else { throw .unreadable("it ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) throws(StorageError) -> [UInt8] {
        guard count <= bytes.count - position else { throw .unreadable("it ends too early") }
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    mutating func varint() throws(StorageError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw .unreadable("an integer is too long") }
            result |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return result }
            shift += 7
        }
    }

    mutating func zigzag() throws(StorageError) -> Int64 {
        let raw = try varint()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    /// A count or length: never more than the bytes that are left, so damage cannot make us reserve the earth.
    mutating func count() throws(StorageError) -> Int {
        let raw = try varint()
        guard raw <= UInt64(bytes.count - position) else { throw .unreadable("a length is larger than what is left") }
        return Int(raw)
    }

    mutating func value() throws(StorageError) -> AttributeValue {
        switch try byte() {
        case 0:
            var pattern: UInt64 = 0
            for shift in 0..<8 { pattern |= UInt64(try byte()) << UInt64(8 * shift) }
            let number = Double(bitPattern: pattern)
            guard number.isFinite else { throw .unreadable("a number is not finite") }
            return .number(number)
        case 1: return .boolean(false)
        case 2: return .boolean(true)
        case 3: return .text(try text())
        case 4: return .structured(json: try text())
        case 5: return .geometry(json: try text())
        case 6: return .relationship(try text())
        case 7: return .number(Double(try zigzag()))
        default: throw .unreadable("a value has an unknown kind")
        }
    }

    mutating func text() throws(StorageError) -> String {
        let length = try count()
        defer { position += length }
        return String(decoding: bytes[position..<(position + length)], as: UTF8.self)
    }
}
