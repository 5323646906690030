import CityModel
import CityPath
import JSONBytes
import Logging
import MQTTPackets
import NIOCore
import NIOSSL
import PKI

/// One MQTT connection: bytes in, packets to the path, acknowledgements out. Lives on its event loop alone.
///
/// States: `awaitingConnect` from the first byte, `open` after an accepted CONNECT, `closed` when either side ends it.
/// Publications are gathered while a read lasts and handed to the path together; see `Connection+Publishing`.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What is known of a peer whose CONNECT was accepted.
    struct Peer {
        let principal: Principal
        let permit: Permit
        let version: ProtocolVersion
        let clientIdentifier: String
        /// The most QoS 1 messages it takes unacknowledged.
        let receiveMaximum: Int
        /// The largest packet it takes.
        let maximumPacketBytes: Int
        /// Whether it wants reason strings (MQTT 5.0 §3.1.2.11.7).
        let wantsReasons: Bool
        var will: WillMessage?
    }

    enum State {
        case awaitingConnect
        case open(Peer)
        case closed
    }

    let shared: ListenerShared
    let security: ListenerShared.Security
    let number: UInt64
    let scratch: LoopScratch
    let eventLoop: any EventLoop
    var state = State.awaitingConnect
    var context: ChannelHandlerContext?
    var address = "?"

    /// What the TLS handshake has established; filled by the verification callback.
    let handshake: Handshake
    private var decoder: PacketDecoder
    private var unread: ByteBuffer?
    private var keepAlive: KeepAlive?
    private var timer: Scheduled<Void>?

    // Publishing: see Connection+Publishing.
    var route: Route?
    var routeTopic: [UInt8] = []
    var gathered = Gathered()
    var unacknowledged = 0
    var isPaused = false

    // Delivering: see Connection+Delivering.
    var subscriptions: Set<TopicFilter> = []
    var outbound = OutboundWindow()

    init(shared: ListenerShared, security: ListenerShared.Security, handshake: Handshake, eventLoop: any EventLoop) {
        self.shared = shared
        self.security = security
        self.handshake = handshake
        self.eventLoop = eventLoop
        number = shared.directory.nextNumber()
        scratch = shared.scratch(of: eventLoop)
        decoder = PacketDecoder(role: .server, maximumPacketBytes: shared.settings.maximumPacketBytes)
    }

    // MARK: The channel's life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        address = context.remoteAddress?.ipAddress ?? "?"
        schedule(after: ListenerShared.connectDeadline)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .awaitingConnect = state, let refusal = handshake.refusal(for: error) {
            shared.path.record(refusal, by: .unknown(address), from: address)
        }
        context.close(promise: nil)
    }

    /// Gives everything up that others know of this connection. The will is published unless the peer said goodbye.
    private func end() {
        timer?.cancel()
        timer = nil
        guard case .open(let peer) = state else {
            state = .closed
            return
        }
        state = .closed
        for filter in subscriptions { _ = shared.relay.unsubscribe(number, from: filter) }
        subscriptions = []
        shared.directory.leave(number, at: shared.path.clock.now)
        shared.city.metrics.connectionsChanged(by: -1)
        if let will = peer.will { publish(will, of: peer) }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if var earlier = unread {
            unread = nil
            earlier.writeBuffer(&buffer)
            buffer = earlier
        }
        if keepAlive != nil { keepAlive?.packetReceived(at: .now) }
        do throws(PacketDecodingError) {
            try readPackets(from: &buffer)
        } catch {
            refuse(error)
            return
        }
        if buffer.readableBytes > 0, !isClosed { unread = buffer }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        submitGathered()
        context.fireChannelReadComplete()
    }

    var isClosed: Bool {
        if case .closed = state { true } else { false }
    }

    /// Publications are read where they lie; every other packet goes the ordinary way.
    private func readPackets(from buffer: inout ByteBuffer) throws(PacketDecodingError) {
        while !isClosed, buffer.readableBytes > 0 {
            let now = shared.path.clock.now
            var failure: PacketDecodingError?
            let (consumed, isStopped) = buffer.withUnsafeReadableBytes { bytes -> (Int, Bool) in
                readPublications(bytes, at: now, failure: &failure)
            }
            buffer.moveReaderIndex(forwardBy: consumed)
            if let failure { throw failure }
            if isStopped { return }
            guard let packet = try decoder.next(from: &buffer) else { return }
            handle(packet)
        }
    }

    /// - Returns: How many bytes were read, and whether more must arrive before there is anything else to do.
    private func readPublications(
        _ bytes: UnsafeRawBufferPointer, at now: Timestamp, failure: inout PacketDecodingError?
    ) -> (Int, Bool) {
        var offset = 0
        while offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            switch decoder.scan(rest) {
            case .needMore: return (offset, true)
            case .other: return (offset, false)
            case .failure(let error):
                failure = error
                return (offset, true)
            case .publish(let header):
                handle(header, in: rest, at: now)
                offset += header.packetBytes
                if isClosed { return (offset, true) }
            }
        }
        return (offset, true)
    }

    private func handle(_ packet: Packet) {
        switch (packet, state) {
        case (.connect(let connect), .awaitingConnect): accept(connect)
        case (.publish(let publish), .open): handle(publish)
        case (.puback(let acknowledgement), .open): acknowledged(acknowledgement.packetIdentifier)
        case (.subscribe(let subscribe), .open(let peer)): answer(subscribe, peer)
        case (.unsubscribe(let unsubscribe), .open(let peer)): answer(unsubscribe, peer)
        case (.pingreq, .open):
            submitGathered()
            write { PacketEncoder.encodePingresp(into: &$0) }
        case (.disconnect(let disconnect), .open(var peer)):
            if disconnect.reasonCode != .disconnectWithWillMessage { peer.will = nil }
            state = .open(peer)
            submitGathered()
            context?.close(promise: nil)
        case (.auth, .open):
            breakOff(because: .protocolError, "no authentication method was agreed on")
        case (.pubrec, .open), (.pubrel, .open), (.pubcomp, .open):
            breakOff(because: .protocolError, "QoS 2 is not supported: Maximum QoS is 1")
        default:
            breakOff(because: .protocolError, "\(packet.type) does not belong here")
        }
    }

    // MARK: Writing

    func write(_ body: (inout ByteBuffer) -> Void) {
        guard let context, !isClosed else { return }
        var buffer = context.channel.allocator.buffer(capacity: 64)
        body(&buffer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Writes a packet; one that the peer's limits forbid is left out, without its words where those are too long.
    func send(_ packet: Packet, version: ProtocolVersion, maximumPacketBytes: Int = MQTTLimits.packetBytes) {
        write { buffer in
            do throws(PacketEncodingError) {
                try packet.encode(into: &buffer, version: version, maximumPacketBytes: maximumPacketBytes)
            } catch {
                shared.logger.debug("a packet was not sent", metadata: ["error": "\(error)"])
            }
        }
    }

    // MARK: Ending

    /// A packet that breaks the standard: record it, say the reason code, and close (MQTT 5.0 §4.13).
    private func refuse(_ error: PacketDecodingError) {
        let code: Refusal.Code = error.reasonCode == .packetTooLarge ? .tooLarge : .malformedPacket
        shared.path.record(
            Refusal(step: .understand, code: code, message: error.message), by: principal, from: address)
        submitGathered()
        guard case .awaitingConnect = state else {
            disconnect(because: error.reasonCode, error.message)
            return
        }
        if error.rule == .unsupportedProtocolVersion {
            // 3.1.1 §3.1.2.2: a server that does not know the level says so with return code 1.
            let version = decoder.version ?? .v3_1_1
            send(.connack(Connack(reasonCode: .unsupportedProtocolVersion)), version: version)
        }
        close()
    }

    /// A packet that asks for what this server has said it does not do: record it, say the reason code, and close.
    func breakOff(because reason: ReasonCode, _ words: String) {
        shared.path.record(
            Refusal(step: .understand, code: .unsupported, message: words), by: principal, from: address)
        submitGathered()
        disconnect(because: reason, words)
    }

    var principal: Principal {
        if case .open(let peer) = state { peer.principal } else { .unknown(address) }
    }

    /// Tells a peer of MQTT 5 why, and closes.
    func disconnect(because reason: ReasonCode, _ words: String? = nil) {
        if case .open(let peer) = state, peer.version == .v5 {
            var properties: Properties = []
            if let words, peer.wantsReasons { properties = [.reasonString(words)] }
            send(
                .disconnect(Disconnect(reasonCode: reason, properties: properties)), version: .v5,
                maximumPacketBytes: peer.maximumPacketBytes)
        }
        close()
    }

    func close() {
        context?.close(promise: nil)
        end()
    }

    // MARK: Time

    func start(_ keepAlive: KeepAlive) {
        timer?.cancel()
        self.keepAlive = keepAlive
        if let first = keepAlive.firstCheck { schedule(at: first) }
    }

    private func schedule(after delay: TimeAmount) {
        timer = eventLoop.assumeIsolated().scheduleTask(in: delay) { self.timerFired() }
    }

    private func schedule(at instant: KeepAlive.Instant) {
        let wait = ContinuousClock.now.duration(to: instant)
        schedule(after: .nanoseconds(max(Int64(wait / .nanoseconds(1)), 0)))
    }

    private func timerFired() {
        guard case .open = state else {
            // No CONNECT in time.
            if !isClosed { close() }
            return
        }
        switch keepAlive?.timerFired(at: .now) {
        case .check(let instant): schedule(at: instant)
        case .disconnect:
            disconnect(because: .keepAliveTimeout, "nothing was heard for one and a half keep-alive intervals")
        case .ignore, nil: break
        }
    }
}
