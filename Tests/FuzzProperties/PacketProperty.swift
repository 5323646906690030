import MQTTPackets
import NIOCore

/// What holds of the MQTT codec for any bytes whatever.
///
/// Used by the fuzzer, which looks for bytes for which it does not hold, and by the tests, with the bytes that are known.
public enum PacketProperty {
    /// - Parameter input: Two bytes that choose what is tried, and what a peer has sent.
    /// - Returns: What does not hold, in words; nil when all does.
    public static func problem(with input: UnsafeRawBufferPointer) -> String? {
        guard input.count >= 2 else { return nil }
        let decoder = decoder(chosenBy: input[0])
        let sent = ByteBuffer(bytes: input[2...])
        let whole = outcome(of: sent, in: [sent.readableBytes], decoder)
        let step = Int(input[1]) % 16 + 1
        let pieces = outcome(
            of: sent, in: stride(from: 0, to: sent.readableBytes, by: step).map { min(step, sent.readableBytes - $0) },
            decoder)
        if let problem = whole.problem ?? pieces.problem { return problem }
        guard whole.packets == pieces.packets, whole.error == pieces.error else {
            return "in pieces of \(step) bytes \(pieces.packets) \(String(describing: pieces.error)), "
                + "as a whole \(whole.packets) \(String(describing: whole.error))"
        }
        return nil
    }

    /// A decoder at the beginning of a connection, or in the middle of one, at either end.
    private static func decoder(chosenBy byte: UInt8) -> PacketDecoder {
        let version = byte & 1 == 0 ? ProtocolVersion.v5 : .v3_1_1
        switch byte >> 1 & 3 {
        case 0: return PacketDecoder(role: .client(version))
        case 1: return PacketDecoder(role: .server, maximumPacketBytes: 64)
        case 2: return PacketDecoder(role: .server)
        default:
            var decoder = PacketDecoder(role: .server)
            var connect = ByteBuffer()
            do {
                try Packet.connect(Connect(version: version, clientIdentifier: "c"))
                    .encode(into: &connect, version: version)
                _ = try decoder.next(from: &connect)
            } catch {
                fatalError("a plain CONNECT cannot be written and read: \(error)")
            }
            return decoder
        }
    }

    private struct Outcome {
        var packets: [Packet] = []
        var error: PacketDecodingError?
        var problem: String?
    }

    /// Decodes what arrives in pieces of these sizes.
    private static func outcome(of sent: ByteBuffer, in sizes: [Int], _ decoder: PacketDecoder) -> Outcome {
        var (sent, decoder, arrived, outcome) = (sent, decoder, ByteBuffer(), Outcome())
        for size in sizes {
            if var piece = sent.readSlice(length: size) { arrived.writeBuffer(&piece) }
            while true {
                let before = arrived
                let scan = arrived.withUnsafeReadableBytes { decoder.scan($0) }
                do throws(PacketDecodingError) {
                    guard let packet = try decoder.next(from: &arrived) else {
                        if scan != .needMore { outcome.problem = "\(scan), and no packet" }
                        break
                    }
                    outcome.packets.append(packet)
                    outcome.problem =
                        outcome.problem ?? disagreement(scan, packet, before, arrived) ?? change(packet, decoder)
                } catch {
                    outcome.error = error
                    if arrived != before { outcome.problem = "bytes were consumed before \(error)" }
                    return outcome
                }
            }
        }
        return outcome
    }

    /// What the scanner says otherwise than the decoder.
    private static func disagreement(
        _ scan: PacketScan, _ packet: Packet, _ before: ByteBuffer, _ after: ByteBuffer
    ) -> String? {
        let consumed = after.readerIndex - before.readerIndex
        switch (scan, packet) {
        case (.publish(let header), .publish(let publish)):
            let view = before.readableBytesView
            func slice(_ range: Range<Int>) -> ByteBufferView {
                view[view.startIndex + range.lowerBound..<view.startIndex + range.upperBound]
            }
            let isSame =
                header.packetBytes == consumed
                && slice(header.topicName).elementsEqual(publish.topicName.readableBytesView)
                && slice(header.payload).elementsEqual(publish.payload.readableBytesView)
                && header.packetIdentifier == publish.packetIdentifier ?? 0
                && header.topicAlias == publish.properties.topicAlias ?? 0
                && header.properties.isEmpty == publish.properties.isEmpty
                && (header.qos, header.retain, header.isDuplicate)
                    == (publish.qos, publish.retain, publish.isDuplicate)
            return isSame ? nil : "scanned \(header), decoded \(publish)"
        case (.other(let type, let packetBytes), _):
            return type == packet.type && packetBytes == consumed ? nil : "scanned \(scan), decoded \(packet)"
        default: return "scanned \(scan), decoded \(packet)"
        }
    }

    /// What is not the same after it was written and read again.
    private static func change(_ packet: Packet, _ decoder: PacketDecoder) -> String? {
        guard let version = decoder.version else { return "a packet before the version is known" }
        var bytes = ByteBuffer()
        do {
            try packet.encode(into: &bytes, version: version)
        } catch {
            return "\(packet) was read and cannot be written: \(error)"
        }
        var again: PacketDecoder
        if case .connect = packet { again = PacketDecoder(role: .server) } else { again = decoder }
        again.maximumPacketBytes = MQTTLimits.packetBytes
        do {
            let read = try again.next(from: &bytes)
            return read == packet && bytes.readableBytes == 0 ? nil : "\(packet) became \(String(describing: read))"
        } catch {
            return "\(packet) was read, and written, and cannot be read again: \(error)"
        }
    }
}
