/// The payload of a message (`org.eclipse.tahu.protobuf.Payload`, §6.4).
public struct SparkplugPayload: Sendable, Equatable {
    /// When it was sent, in milliseconds since 1970, UTC.
    public var timestamp: UInt64?
    /// What it says.
    public var metrics: [SparkplugMetric]
    /// Counts an edge node's messages from 0 to 255 and over again.
    public var sequence: UInt64?
    /// Which schema or encoding a payload has that is none of Sparkplug's own.
    public var uuid: String?

    /// The ``uuid`` of a payload that holds a compressed one as its body (§6.4.5).
    public static let compressed = "SPBV1.0_COMPRESSED"

    /// A payload.
    public init(
        timestamp: UInt64? = nil, metrics: [SparkplugMetric] = [], sequence: UInt64? = nil, uuid: String? = nil
    ) {
        self.timestamp = timestamp
        self.metrics = metrics
        self.sequence = sequence
        self.uuid = uuid
    }
}

/// One value of an edge node or a device, at one time.
public struct SparkplugMetric: Sendable, Equatable {
    /// What it is called; births have it, data may have the alias alone.
    public var name: String?
    /// The number that the birth has given it.
    public var alias: UInt64?
    /// When it was so, in milliseconds since 1970, UTC.
    public var timestamp: UInt64?
    /// What it is a value of; births have it, data may leave it out.
    public var dataType: SparkplugDataType?
    /// Whether it was so earlier, and does not say how it is now.
    public var isHistorical: Bool
    /// Whether it is not meant to be kept.
    public var isTransient: Bool
    /// Whether there is no value.
    public var isNull: Bool
    /// The property `Quality` (§6.4.13): 192 is good, 0 bad, 500 stale; nil where it is not said.
    public var quality: Int64?
    /// Its value as it is on the wire; nil where there is none.
    public var wire: WireValue?

    /// A value before its type is known (the `oneof` of the message Metric).
    public enum WireValue: Sendable, Equatable {
        /// `int_value`: integers of up to 32 bits, negative ones as two's complement.
        case int(UInt32)
        /// `long_value`: integers of 64 bits, and times.
        case long(UInt64)
        /// `float_value`.
        case float(Float)
        /// `double_value`.
        case double(Double)
        /// `boolean_value`.
        case boolean(Bool)
        /// `string_value`.
        case string(String)
        /// Any of the others, by the name of its type; not taken apart.
        case other(String)
    }

    /// A metric.
    public init(
        name: String? = nil, alias: UInt64? = nil, timestamp: UInt64? = nil, dataType: SparkplugDataType? = nil,
        isHistorical: Bool = false, isTransient: Bool = false, isNull: Bool = false, quality: Int64? = nil,
        wire: WireValue? = nil
    ) {
        self.name = name
        self.alias = alias
        self.timestamp = timestamp
        self.dataType = dataType
        self.isHistorical = isHistorical
        self.isTransient = isTransient
        self.isNull = isNull
        self.quality = quality
        self.wire = wire
    }
}

/// What a metric is a value of (§6.4.16). Numbers that are not listed are kept, so that messages can name them.
public struct SparkplugDataType: RawRepresentable, Sendable, Hashable {
    /// The number in the specification's table.
    public let rawValue: UInt32

    /// The type of this number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Integers with a sign, of 8 and 16 bits.
    public static let (int8, int16) = (Self(rawValue: 1), Self(rawValue: 2))
    /// Integers with a sign, of 32 and 64 bits.
    public static let (int32, int64) = (Self(rawValue: 3), Self(rawValue: 4))
    /// Integers without a sign, of 8 and 16 bits.
    public static let (uint8, uint16) = (Self(rawValue: 5), Self(rawValue: 6))
    /// Integers without a sign, of 32 and 64 bits.
    public static let (uint32, uint64) = (Self(rawValue: 7), Self(rawValue: 8))
    /// Floating-point numbers.
    public static let (float, double) = (Self(rawValue: 9), Self(rawValue: 10))
    /// True or false.
    public static let boolean = Self(rawValue: 11)
    /// Text.
    public static let (string, text, uuid) = (Self(rawValue: 12), Self(rawValue: 14), Self(rawValue: 15))
    /// Milliseconds since 1970, UTC.
    public static let dateTime = Self(rawValue: 13)
    /// A table.
    public static let dataSet = Self(rawValue: 16)
    /// A structure of other metrics.
    public static let template = Self(rawValue: 19)

    private static let names = [
        "Unknown", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double",
        "Boolean", "String", "DateTime", "Text", "UUID", "DataSet", "Bytes", "File", "Template", "PropertySet",
        "PropertySetList", "Int8Array", "Int16Array", "Int32Array", "Int64Array", "UInt8Array", "UInt16Array",
        "UInt32Array", "UInt64Array", "FloatArray", "DoubleArray", "BooleanArray", "StringArray", "DateTimeArray",
    ]

    /// Its name in the specification; its number where it has none.
    public var name: String {
        Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "type \(rawValue)"
    }
}

/// A metric's value, its type known.
public enum SparkplugValue: Sendable, Equatable {
    /// There is no value, or it is not to be relied on or not to be kept: ``SparkplugMetric/isNull``, a quality that is not
    /// good, ``SparkplugMetric/isTransient``.
    case null
    /// An integer with a sign.
    case integer(Int64)
    /// An integer without a sign.
    case unsigned(UInt64)
    /// A floating-point number; may be infinite or none.
    case double(Double)
    /// True or false.
    case boolean(Bool)
    /// Text.
    case text(String)
    /// An instant, in milliseconds since 1970, UTC.
    case dateTime(UInt64)
    /// A value of a type that is not read here, or whose type and value do not fit each other.
    case unsupported(String)
}

extension SparkplugMetric {
    /// The value, read as its own type or, where data leave that out, as the one the birth has given.
    public func value(as birthType: SparkplugDataType? = nil) -> SparkplugValue {
        if isNull || isTransient { return .null }
        if let quality, quality != 192 { return .null }
        guard let wire else { return .null }
        if case .other(let name) = wire { return .unsupported(name) }
        guard let type = dataType ?? birthType else { return .unsupported("a value without a type") }
        switch (type, wire) {
        // Of narrow integers some senders fill 32 bits with the sign, others do not: the low bits say it either way.
        case (.int8, .int(let bits)): return .integer(Int64(Int8(truncatingIfNeeded: bits)))
        case (.int16, .int(let bits)): return .integer(Int64(Int16(truncatingIfNeeded: bits)))
        case (.int32, .int(let bits)): return .integer(Int64(Int32(bitPattern: bits)))
        case (.int64, .long(let bits)): return .integer(Int64(bitPattern: bits))
        case (.uint8, .int(let bits)): return .unsigned(UInt64(UInt8(truncatingIfNeeded: bits)))
        case (.uint16, .int(let bits)): return .unsigned(UInt64(UInt16(truncatingIfNeeded: bits)))
        case (.uint32, .int(let bits)): return .unsigned(UInt64(bits))
        // The reference implementation writes UInt32 as long, and hosts are to read both.
        case (.uint32, .long(let bits)) where bits <= UInt32.max: return .unsigned(bits)
        case (.uint64, .long(let bits)): return .unsigned(bits)
        case (.int64, .int(let bits)): return .integer(Int64(Int32(bitPattern: bits)))
        case (.uint64, .int(let bits)): return .unsigned(UInt64(bits))
        case (.float, .float(let number)): return .double(Double(number))
        case (.double, .double(let number)): return .double(number)
        case (.double, .float(let number)): return .double(Double(number))
        case (.boolean, .boolean(let flag)): return .boolean(flag)
        case (.string, .string(let text)), (.text, .string(let text)), (.uuid, .string(let text)): return .text(text)
        case (.dateTime, .long(let milliseconds)): return .dateTime(milliseconds)
        default: return .unsupported(type.name)
        }
    }
}
