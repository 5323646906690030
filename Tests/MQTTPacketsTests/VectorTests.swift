import MQTTPackets
import NIOCore
import Testing

@Suite("Packets laid out by hand")
struct VectorTests {
    @Test("bytes decode to the packet, and nothing is left", arguments: PacketVector.all)
    func decodes(_ vector: PacketVector) throws {
        var decoder = try decoder(for: vector.packet.type, from: vector.packet.usualSender, vector.version)
        var buffer = bytes(vector.hex)
        #expect(try decoder.next(from: &buffer) == vector.packet)
        #expect(buffer.readableBytes == 0)
        #expect(decoder.version == vector.version)
    }

    @Test("the packet encodes to the bytes", arguments: PacketVector.all)
    func encodes(_ vector: PacketVector) throws {
        var buffer = text("before")
        try vector.packet.encode(into: &buffer, version: vector.version)
        #expect(buffer.readString(length: 6) == "before")
        #expect(hex(buffer) == hex(bytes(vector.hex)))
    }

    @Test("fed byte by byte, nothing comes and nothing is consumed before the last byte", arguments: PacketVector.all)
    func byteByByte(_ vector: PacketVector) throws {
        var decoder = try decoder(for: vector.packet.type, from: vector.packet.usualSender, vector.version)
        let whole = bytes(vector.hex)
        var buffer = ByteBuffer()
        for byte in whole.readableBytesView.dropLast() {
            buffer.writeInteger(byte)
            #expect(try decoder.next(from: &buffer) == nil)
            #expect(buffer.readerIndex == 0)
        }
        buffer.writeBytes(whole.readableBytesView.suffix(1))
        #expect(try decoder.next(from: &buffer) == vector.packet)
    }

    @Test("cut off within the body, with a fixed header to match, no packet but PUBLISH and AUTH survives unharmed")
    func shortened() throws {
        for vector in PacketVector.all {
            let whole = bytes(vector.hex)
            guard whole.readableBytes < 128 else { continue }
            for count in 2..<whole.readableBytes {
                var buffer = try #require(whole.getSlice(at: 0, length: count))
                buffer.setInteger(UInt8(count - 2), at: 1)
                var decoder = try decoder(for: vector.packet.type, from: vector.packet.usualSender, vector.version)
                do {
                    let packet = try decoder.next(from: &buffer)
                    #expect(packet != vector.packet, "\(vector) cut to \(count) bytes")
                } catch {
                    #expect(error.reasonCode.isError, "\(vector) cut to \(count) bytes: \(error)")
                }
            }
        }
    }

    @Test("several packets in one buffer come one at a time, in order")
    func several() throws {
        var decoder = PacketDecoder(role: .server)
        var buffer = ByteBuffer()
        let packets: [Packet] = [
            .connect(Connect(version: .v5, clientIdentifier: "a")),
            .publish(Publish(topicName: text("a"), payload: text("1"))), .pingreq,
            .publish(Publish(topicName: text("b"), payload: text("2"))), .disconnect(Disconnect()),
        ]
        for packet in packets { try packet.encode(into: &buffer, version: .v5) }
        for packet in packets { #expect(try decoder.next(from: &buffer) == packet) }
        #expect(try decoder.next(from: &buffer) == nil)
    }

    @Test("every type of packet has a vector in each edition that has the type", arguments: ProtocolVersion.allCases)
    func complete(_ version: ProtocolVersion) {
        let types = Set(PacketVector.all.filter { $0.version == version }.map(\.packet.type))
        let expected = Set(PacketType.allCases.filter { $0 != .auth || version == .v5 })
        #expect(types == expected)
    }
}
