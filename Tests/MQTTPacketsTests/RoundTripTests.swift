import MQTTPackets
import NIOCore
import Testing

@Suite("Round trips and fuzzing")
struct RoundTripTests {
    private static let combinations = ProtocolVersion.allCases.flatMap { version in
        PacketType.allCases.filter { $0 != .auth || version == .v5 }.map { (version, $0) }
    }

    @Test("decode(encode(x)) == x, whole and byte by byte", arguments: combinations)
    func roundTrip(_ version: ProtocolVersion, _ type: PacketType) throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        var generator = PacketGenerator(seed: seed, version: version)
        for round in 0..<60 {
            let packet = try generator.packet(type)
            var buffer = ByteBuffer()
            try packet.encode(into: &buffer, version: version)
            var whole = buffer
            var first = try decoder(for: type, from: packet.usualSender, version)
            #expect(try first.next(from: &whole) == packet, "seed \(seed), round \(round)")
            #expect(whole.readableBytes == 0)
            guard round < 10 else { continue }
            var second = try decoder(for: type, from: packet.usualSender, version)
            var slow = ByteBuffer()
            for byte in buffer.readableBytesView {
                #expect(try second.next(from: &slow) == nil, "seed \(seed), round \(round)")
                slow.writeInteger(byte)
            }
            #expect(try second.next(from: &slow) == packet, "seed \(seed), round \(round)")
        }
    }

    @Test("mutated packets never trap; what still decodes, encodes to something that decodes to the same")
    func mutations() throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("MQTT mutation fuzzer: seed \(seed)")
        for version in ProtocolVersion.allCases {
            var generator = PacketGenerator(seed: seed, version: version)
            for _ in 0..<4_000 {
                let types = PacketType.allCases.filter { $0 != .auth || version == .v5 }
                let type = types[Int.random(in: 0..<types.count, using: &generator.random)]
                let packet = try generator.packet(type)
                var buffer = ByteBuffer()
                try packet.encode(into: &buffer, version: version)
                mutate(&buffer, &generator.random)
                let decoder = try decoder(for: type, from: packet.usualSender, version)
                try expectSane(buffer, decoder, seed)
            }
        }
    }

    @Test("random bytes never trap")
    func randomBytes() throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("MQTT random fuzzer: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<8_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if bytes.count > 1, Bool.random(using: &random) { bytes[1] = UInt8(bytes.count - 2) }
            let version = Bool.random(using: &random) ? ProtocolVersion.v5 : .v3_1_1
            let sender = Bool.random(using: &random) ? Sender.client : .server
            try expectSane(ByteBuffer(bytes: bytes), decoder(from: sender, version), seed)
        }
    }

    /// Flips, inserts, removes or overwrites a few bytes; most often adjusts the remaining length afterwards.
    private func mutate(_ buffer: inout ByteBuffer, _ random: inout SeededGenerator) {
        var bytes = Array(buffer.readableBytesView)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            default: if bytes.count > 2 { bytes.remove(at: index) }
            }
        }
        if !random.chance(4), bytes.count > 1, bytes.count < 130 { bytes[1] = UInt8(bytes.count - 2) }
        buffer = ByteBuffer(bytes: bytes)
    }

    /// Decodes to the end, and holds the scanner against the decoder at each step.
    private func expectSane(_ buffer: ByteBuffer, _ decoder: PacketDecoder, _ seed: UInt64) throws {
        var (buffer, decoder) = (buffer, decoder)
        while true {
            let before = buffer
            let scan = buffer.withUnsafeReadableBytes { decoder.scan($0) }
            do {
                guard let packet = try decoder.next(from: &buffer) else {
                    #expect(scan == .needMore, "seed \(seed)")
                    return
                }
                expectAgreement(scan, packet, before, buffer, seed)
                let version = try #require(decoder.version)
                var again = ByteBuffer()
                try packet.encode(into: &again, version: version)
                var other = try MQTTPacketsTests.decoder(for: packet.type, from: packet.usualSender, version)
                #expect(try other.next(from: &again) == packet, "seed \(seed)")
            } catch let error as PacketDecodingError {
                #expect(buffer == before, "seed \(seed)")
                if case .other(let type, _) = scan {
                    #expect(error.packetType == type, "seed \(seed)")
                } else {
                    #expect(scan == .failure(error), "seed \(seed)")
                }
                return
            }
        }
    }

    private func expectAgreement(
        _ scan: PacketScan, _ packet: Packet, _ before: ByteBuffer, _ after: ByteBuffer, _ seed: UInt64
    ) {
        let consumed = after.readerIndex - before.readerIndex
        switch (scan, packet) {
        case (.publish(let header), .publish(let publish)):
            #expect(header.packetBytes == consumed, "seed \(seed)")
            let view = before.readableBytesView
            #expect(view[slice: header.topicName].elementsEqual(publish.topicName.readableBytesView), "seed \(seed)")
            #expect(view[slice: header.payload].elementsEqual(publish.payload.readableBytesView), "seed \(seed)")
            #expect(header.packetIdentifier == publish.packetIdentifier ?? 0, "seed \(seed)")
            #expect(header.topicAlias == publish.properties.topicAlias ?? 0, "seed \(seed)")
            #expect(header.properties.isEmpty == publish.properties.isEmpty, "seed \(seed)")
            #expect(
                (header.qos, header.retain, header.isDuplicate) == (publish.qos, publish.retain, publish.isDuplicate),
                "seed \(seed)")
        case (.other(let type, let packetBytes), _):
            #expect(type == packet.type && packetBytes == consumed, "seed \(seed)")
        default: Issue.record("scan \(scan) and packet \(packet) disagree, seed \(seed)")
        }
    }
}

extension ByteBufferView {
    fileprivate subscript(slice range: Range<Int>) -> ByteBufferView {
        self[startIndex + range.lowerBound..<startIndex + range.upperBound]
    }
}
