extension SparkplugPayload {
    /// Reads a payload.
    ///
    /// Fields that are not known are skipped; of one that comes twice the last counts, as protocol buffers want it. Where
    /// a metric has several values, the last counts.
    ///
    /// - Throws: ``SparkplugError`` with the place of the first byte that cannot be.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(SparkplugError) {
        self.init()
        var fields = ProtobufReader(bytes, in: 0..<bytes.count)
        while true {
            let start = fields.offset
            guard let field = try fields.next() else { return }
            switch field.number {
            case 1: timestamp = try field.value.varint(at: start)
            case 2:
                guard metrics.count < SparkplugLimits.metrics else { throw SparkplugError(.tooManyMetrics, at: start) }
                metrics.append(try SparkplugMetric(decoding: bytes, in: try field.value.range(at: start)))
            case 3: sequence = try field.value.varint(at: start)
            case 4: uuid = try field.value.text(of: bytes, at: start)
            case 5: _ = try field.value.range(at: start)
            default: break
            }
        }
    }

    /// Reads a payload.
    ///
    /// - Throws: ``SparkplugError`` with the place of the first byte that cannot be.
    public init(decoding bytes: [UInt8]) throws(SparkplugError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(SparkplugError) in try SparkplugPayload(decoding: bytes) }
        }
        self = try result.get()
    }
}

extension SparkplugMetric {
    fileprivate init(decoding bytes: UnsafeRawBufferPointer, in range: Range<Int>) throws(SparkplugError) {
        self.init()
        var fields = ProtobufReader(bytes, in: range)
        while true {
            let start = fields.offset
            guard let field = try fields.next() else { return }
            let value = field.value
            switch field.number {
            case 1:
                name = try value.text(of: bytes, at: start)
                if let name, name.utf8.count > SparkplugLimits.nameBytes {
                    throw SparkplugError(.nameTooLong, at: start)
                }
            case 2: alias = try value.varint(at: start)
            case 3: timestamp = try value.varint(at: start)
            // Of a varint, fields of 32 bits take the low ones.
            case 4: dataType = SparkplugDataType(rawValue: UInt32(truncatingIfNeeded: try value.varint(at: start)))
            case 5: isHistorical = try value.varint(at: start) != 0
            case 6: isTransient = try value.varint(at: start) != 0
            case 7: isNull = try value.varint(at: start) != 0
            case 8: _ = try value.range(at: start)
            case 9: quality = try SparkplugMetric.quality(bytes, in: try value.range(at: start)) ?? quality
            case 10: wire = .int(UInt32(truncatingIfNeeded: try value.varint(at: start)))
            case 11: wire = .long(try value.varint(at: start))
            case 12: wire = .float(try value.float(at: start))
            case 13: wire = .double(try value.double(at: start))
            case 14: wire = .boolean(try value.varint(at: start) != 0)
            case 15: wire = .string(try value.text(of: bytes, at: start))
            case 16: wire = try SparkplugMetric.other(value, "Bytes", start)
            case 17: wire = try SparkplugMetric.other(value, "DataSet", start)
            case 18: wire = try SparkplugMetric.other(value, "Template", start)
            case 19: wire = try SparkplugMetric.other(value, "an extension", start)
            default: break
            }
        }
    }

    private static func other(
        _ value: ProtobufReader.Value, _ name: String, _ start: Int
    ) throws(SparkplugError) -> WireValue {
        _ = try value.range(at: start)
        return .other(name)
    }

    /// The property `Quality` of a property set: names in field 1, and in the same order values in field 2.
    private static func quality(
        _ bytes: UnsafeRawBufferPointer, in range: Range<Int>
    ) throws(SparkplugError) -> Int64? {
        var fields = ProtobufReader(bytes, in: range)
        var (names, values) = (0, 0)
        var place: Int?
        var found: [Int: Int64] = [:]
        while true {
            let start = fields.offset
            guard let field = try fields.next() else { break }
            switch field.number {
            case 1:
                if try field.value.text(of: bytes, at: start) == "Quality" { place = names }
                names += 1
            case 2:
                found[values] = try integer(bytes, in: try field.value.range(at: start))
                values += 1
            default: break
            }
        }
        return place.flatMap { found[$0] }
    }

    /// The integer in a property's value; nil for any other. Sets within it are not looked into.
    private static func integer(
        _ bytes: UnsafeRawBufferPointer, in range: Range<Int>
    ) throws(SparkplugError) -> Int64? {
        var fields = ProtobufReader(bytes, in: range)
        var result: Int64?
        while true {
            let start = fields.offset
            guard let field = try fields.next() else { return result }
            switch field.number {
            case 3: result = Int64(Int32(truncatingIfNeeded: try field.value.varint(at: start)))
            case 4: result = Int64(bitPattern: try field.value.varint(at: start))
            default: break
            }
        }
    }
}

extension ProtobufReader.Value {
    fileprivate func varint(at start: Int) throws(SparkplugError) -> UInt64 {
        guard case .varint(let value) = self else { throw SparkplugError(.wrongWireType, at: start) }
        return value
    }

    fileprivate func range(at start: Int) throws(SparkplugError) -> Range<Int> {
        guard case .bytes(let range) = self else { throw SparkplugError(.wrongWireType, at: start) }
        return range
    }

    fileprivate func float(at start: Int) throws(SparkplugError) -> Float {
        guard case .fixed32(let bits) = self else { throw SparkplugError(.wrongWireType, at: start) }
        return Float(bitPattern: bits)
    }

    fileprivate func double(at start: Int) throws(SparkplugError) -> Double {
        guard case .fixed64(let bits) = self else { throw SparkplugError(.wrongWireType, at: start) }
        return Double(bitPattern: bits)
    }

    fileprivate func text(of bytes: UnsafeRawBufferPointer, at start: Int) throws(SparkplugError) -> String {
        let range = try range(at: start)
        guard let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self) else {
            throw SparkplugError(.invalidUTF8, at: start)
        }
        return text
    }
}
