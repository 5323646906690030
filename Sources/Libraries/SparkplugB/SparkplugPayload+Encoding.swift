extension SparkplugPayload {
    /// The payload's bytes. A value of ``SparkplugMetric/WireValue/other(_:)`` is left out.
    public func encoded() -> [UInt8] {
        var writer = ProtobufWriter()
        if let timestamp { writer.varint(1, timestamp) }
        for metric in metrics { writer.bytes(2, metric.encoded()) }
        if let sequence { writer.varint(3, sequence) }
        if let uuid { writer.string(4, uuid) }
        return writer.bytes
    }
}

extension SparkplugMetric {
    fileprivate func encoded() -> [UInt8] {
        var writer = ProtobufWriter()
        if let name { writer.string(1, name) }
        if let alias { writer.varint(2, alias) }
        if let timestamp { writer.varint(3, timestamp) }
        if let dataType { writer.varint(4, UInt64(dataType.rawValue)) }
        if isHistorical { writer.bool(5, true) }
        if isTransient { writer.bool(6, true) }
        if isNull { writer.bool(7, true) }
        if let quality { writer.bytes(9, SparkplugMetric.properties(quality)) }
        switch wire {
        case .int(let bits): writer.varint(10, UInt64(bits))
        case .long(let bits): writer.varint(11, bits)
        case .float(let number): writer.float(12, number)
        case .double(let number): writer.double(13, number)
        case .boolean(let flag): writer.bool(14, flag)
        case .string(let text): writer.string(15, text)
        case .other, nil: break
        }
        return writer.bytes
    }

    /// A property set with `Quality` alone, an Int32.
    private static func properties(_ quality: Int64) -> [UInt8] {
        var value = ProtobufWriter()
        value.varint(1, UInt64(SparkplugDataType.int32.rawValue))
        value.varint(3, UInt64(UInt32(truncatingIfNeeded: quality)))
        var set = ProtobufWriter()
        set.string(1, "Quality")
        set.bytes(2, value.bytes)
        return set.bytes
    }
}
