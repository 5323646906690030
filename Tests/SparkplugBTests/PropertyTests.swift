import SparkplugB
import Testing

/// SplitMix64: the same numbers for the same seed, so that a failure can be repeated.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// A number with any count of bits.
    mutating func integer() -> UInt64 { next() >> UInt64(below(64)) }
}

@Suite("Payloads drawn from a seed")
struct PropertyTests {
    static let seeds: [UInt64] = [1, 2, 3, 7, 42, 1_000_003, 0xBA57_1DE0]

    private func payload(_ random: inout SeededRandom) -> SparkplugPayload {
        var payload = SparkplugPayload()
        if random.below(4) > 0 { payload.timestamp = random.integer() }
        if random.below(4) > 0 { payload.sequence = UInt64(random.below(300)) }
        if random.below(8) == 0 { payload.uuid = "ü\(random.next())" }
        for _ in 0..<random.below(6) { payload.metrics.append(metric(&random)) }
        return payload
    }

    private func metric(_ random: inout SeededRandom) -> SparkplugMetric {
        var metric = SparkplugMetric()
        if random.below(3) > 0 { metric.name = ["", "m", "Power/Active", "Ä\u{0}x"][random.below(4)] }
        if random.below(2) > 0 { metric.alias = random.integer() }
        if random.below(2) > 0 { metric.timestamp = random.integer() }
        if random.below(3) > 0 { metric.dataType = SparkplugDataType(rawValue: UInt32(random.below(40))) }
        metric.isHistorical = random.below(5) == 0
        metric.isTransient = random.below(5) == 0
        metric.isNull = random.below(5) == 0
        if random.below(5) == 0 { metric.quality = Int64(random.below(600)) }
        switch random.below(7) {
        case 0: metric.wire = .int(UInt32(truncatingIfNeeded: random.integer()))
        case 1: metric.wire = .long(random.integer())
        case 2: metric.wire = .float(Float(random.below(1_000)) / 8 - 60)
        case 3: metric.wire = .double(Double(random.below(1_000_000)) / 64 - 6_000)
        case 4: metric.wire = .boolean(random.below(2) == 0)
        case 5: metric.wire = .string("Straße \(random.next())")
        default: break
        }
        return metric
    }

    @Test("what is written is read again", arguments: seeds)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            let payload = payload(&random)
            #expect(try SparkplugPayload(decoding: payload.encoded()) == payload, "seed \(seed)")
        }
    }

    @Test("bytes of any kind are read or refused, with a place within them", arguments: seeds)
    func anyBytes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var refused = 0
        for _ in 0..<3_000 {
            var bytes = random.below(2) == 0 ? [] : payload(&random).encoded()
            if bytes.isEmpty { bytes = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
            for _ in 0..<(1 + random.below(3)) where !bytes.isEmpty {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes[place] ^= 1 << UInt8(random.below(8))
                case 2: bytes.removeLast(bytes.count - place)
                default: bytes.insert(0xFF, at: place)
                }
            }
            do throws(SparkplugError) {
                let payload = try SparkplugPayload(decoding: bytes)
                // What was read has a meaning, too, whatever it is.
                var node = SparkplugNode()
                for type in SparkplugTopicName.MessageType.allCases {
                    _ = node.receive(type, device: type.isOfDevice ? "d" : nil, payload)
                }
            } catch {
                refused += 1
                #expect((0...bytes.count).contains(error.offset), "seed \(seed): \(error.message)")
            }
        }
        #expect(refused > 100, "seed \(seed): hardly anything was refused")
    }

    @Test("a payload that is cut anywhere is read or refused, never past its end", arguments: seeds)
    func cuts(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<20 {
            let bytes = payload(&random).encoded()
            for length in 0..<bytes.count { _ = try? SparkplugPayload(decoding: Array(bytes[..<length])) }
        }
    }

    @Test("fields that are not known are skipped, whatever their wire type; of one that comes twice the last counts")
    func unknownFields() throws {
        // 99: varint, 8 bytes, bytes, 4 bytes; then `seq` 1 and `seq` 2.
        let bytes: [UInt8] = [
            0x98, 0x06, 0xFF, 0x01, 0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0x9A, 0x06, 2, 0xAA, 0xBB, 0x9D, 0x06, 1, 2, 3,
            4,
            0x18, 1, 0x18, 2,
        ]
        #expect(try SparkplugPayload(decoding: bytes) == SparkplugPayload(sequence: 2))
    }

    @Test("each way of being wrong has its code")
    func codes() {
        let long = [UInt8](repeating: 0xFF, count: 10)
        let name = [UInt8](repeating: 0x61, count: 1_025)
        let metric: [UInt8] = [0x0A, 0x81, 0x08] + name
        let wrong: [(SparkplugError.Code, [UInt8])] = [
            (.truncated, [0x08]), (.truncated, [0x12, 0x05, 0x00]), (.truncated, [0x09, 1, 2, 3]),
            (.truncated, [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
            (.varintTooLong, [0x08] + long), (.varintTooLong, [0x08] + long.dropLast() + [0x02]),
            (.wrongWireType, [0x0B]), (.wrongWireType, [0x0F, 0x00]), (.wrongWireType, [0x0A, 0x01, 0x00]),
            (.wrongWireType, [0x10, 0x01]), (.wrongFieldNumber, [0x00, 0x00]),
            (.wrongFieldNumber, [0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x00]), (.invalidUTF8, [0x22, 0x02, 0xC3, 0x28]),
            (.nameTooLong, [0x12, 0x84, 0x08] + metric),
            (.tooManyMetrics, [UInt8]((0...SparkplugLimits.metrics).flatMap { _ in [0x12, 0x00] as [UInt8] })),
        ]
        for (code, bytes) in wrong {
            #expect(throws: SparkplugError.self, "\(code)") { try SparkplugPayload(decoding: bytes) }
            let found = Result { () throws(SparkplugError) in try SparkplugPayload(decoding: bytes) }
            if case .failure(let error) = found { #expect(error.code == code, "\(bytes.prefix(16)): \(error.message)") }
        }
        #expect(Set(wrong.map(\.0)) == Set(SparkplugError.Code.allCases))
    }

    @Test("the largest integer of 64 bits is read, and a metric with nothing in it")
    func edges() throws {
        let bytes: [UInt8] = [0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01, 0x12, 0x00]
        let payload = try SparkplugPayload(decoding: bytes)
        #expect(payload == SparkplugPayload(timestamp: .max, metrics: [SparkplugMetric()]))
        #expect(payload.metrics[0].value() == .null)
    }
}
