import struct CityIdentity.TrustedToken
import CityModel
import CityPath
import Logging
import MQTTPackets
import MQTTSessions
import NIOCore
import NIOSSL
import PKI

/// One MQTT connection: bytes in, packets to the path and to the session, answers out. Lives on its event loop alone.
///
/// States: `awaitingConnect` from the first byte, `open` after an accepted CONNECT, `closed` when either side ends it.
/// What the standard says of sessions stands in `MQTTSessions`; who may do what, and what a message means, in `CityPath`.
/// All answers to one read, and all messages that one batch delivers, are written in one piece: see ``flush()``.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What is known of a peer whose CONNECT was accepted.
    final class Peer: Sendable {
        let principal: Principal
        let permit: Permit
        let version: ProtocolVersion
        let client: ClientSession
        /// The largest packet it takes.
        let maximumPacketBytes: Int
        /// Whether it wants reason strings (MQTT 5.0 §3.1.2.11.7).
        let wantsReasons: Bool

        init(
            principal: Principal, permit: Permit, version: ProtocolVersion, client: ClientSession,
            maximumPacketBytes: Int, wantsReasons: Bool
        ) {
            self.principal = principal
            self.permit = permit
            self.version = version
            self.client = client
            self.maximumPacketBytes = maximumPacketBytes
            self.wantsReasons = wantsReasons
        }
    }

    /// How long a connection stays after DISCONNECT was sent to its peer.
    static let lingering = TimeAmount.milliseconds(500)

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
    let arrival: Arrival
    /// What stands in for a certificate, where there is none: see Connection+Tokens.
    var token: TrustedToken?
    private var decoder: PacketDecoder
    private var unread: ByteBuffer?
    private var keepAlive: KeepAlive?
    private var timer: Scheduled<Void>?
    private var expiry: Scheduled<Void>?
    /// Why the session is closed, once that is known.
    private var closingReason = ClosingReason.networkLost
    private var isReading = false
    /// Whether CONNACK was written; until then nothing else is.
    private var isAnswered = false

    // Publishing: see Connection+Publishing.
    var intake: Intake
    var load = PublishingLoad()
    var isPaused = false
    // See Connection+Quota: where there is one, the meter, and what stands while it is overdrawn.
    var meter: PublishMeter?
    var heldBack: HeldBack?

    // Delivering: see Connection+Subscribing.
    var retainedToSend: ArraySlice<(message: RelayedMessage, grant: SubscriptionGrant)> = []

    init(shared: ListenerShared, security: ListenerShared.Security, arrival: Arrival, eventLoop: any EventLoop) {
        self.shared = shared
        self.arrival = arrival
        handshake = arrival.handshake
        self.security = security
        self.eventLoop = eventLoop
        number = shared.directory.nextNumber()
        scratch = shared.scratch(of: eventLoop)
        intake = Intake(shared: shared, scratch: scratch, publisher: 0)
        decoder = PacketDecoder(role: .server, maximumPacketBytes: shared.settings.maximumPacketBytes)
    }

    // MARK: The channel's life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        address = arrival.address ?? context.remoteAddress?.ipAddress ?? "?"
        schedule(after: shared.openings.deadline)
    }

    func channelInactive(context: ChannelHandlerContext) {
        takeRest()
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

    /// Gives everything up that others know of this connection; what becomes of the session depends on why.
    private func end() {
        timer?.cancel()
        timer = nil
        expiry?.cancel()
        expiry = nil
        arrival.opening.finish()
        endHold()
        meter?.leave()
        meter = nil
        retainedToSend = []
        guard case .open(let peer) = state else {
            state = .closed
            return
        }
        submitGathered()
        state = .closed
        shared.directory.leave(number, at: shared.path.clock.now)
        shared.city.metrics.connectionsChanged(by: -1)
        if let closing = peer.client.detach(number, because: closingReason) {
            shared.finish(closing, of: peer.client, on: eventLoop)
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        var buffer = unwrapInboundIn(data)
        shared.counters.received(bytes: buffer.readableBytes, publications: 0)
        if var earlier = unread {
            unread = nil
            earlier.writeBuffer(&buffer)
            buffer = earlier
        }
        if keepAlive != nil { keepAlive?.packetReceived(at: .now) }
        guard heldBack == nil else {
            unread = buffer
            return
        }
        read(&buffer)
    }

    /// Reads on in what had arrived when the connection was held back.
    func takeUnread() {
        if keepAlive != nil { keepAlive?.packetReceived(at: .now) }
        guard var buffer = unread else { return }
        unread = nil
        isReading = true
        read(&buffer)
        isReading = false
        submitGathered()
        flush()
    }

    private func read(_ buffer: inout ByteBuffer) {
        do throws(PacketDecodingError) {
            try readPackets(from: &buffer)
        } catch {
            refuse(error)
            return
        }
        if buffer.readableBytes > 0, !isClosed { unread = buffer }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        submitGathered()
        flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
        context.fireChannelWritabilityChanged()
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
                if isClosed || isBeyondQuota(after: header.packetBytes) { return (offset, true) }
            }
        }
        return (offset, true)
    }

    private func handle(_ packet: Packet) {
        guard case .open(let peer) = state else {
            guard case .connect(let connect) = packet, case .awaitingConnect = state else {
                return breakOff(because: .protocolError, "\(packet.type) does not belong here")
            }
            return accept(connect)
        }
        switch packet {
        case .puback(let packet): settle(peer) { $0.receivedPuback(packet, into: &$1) }
        case .pubrec(let packet): settle(peer) { $0.receivedPubrec(packet, into: &$1) }
        case .pubcomp(let packet): settle(peer) { $0.receivedPubcomp(packet, into: &$1) }
        case .pubrel(let packet):
            // What came before is decided on first: the identifier may be of a publication that was just gathered.
            submitGathered()
            settle(peer) { $0.receivedPubrel(packet, into: &$1) }
        case .subscribe(let subscribe): answer(subscribe, peer)
        case .unsubscribe(let unsubscribe): answer(unsubscribe, peer)
        case .pingreq:
            submitGathered()
            _ = peer.client.update(for: number) { _, outbox in PacketEncoder.encodePingresp(into: &outbox.bytes) }
        case .disconnect(let disconnect): part(disconnect, peer)
        case .auth: breakOff(because: .protocolError, "no authentication method was agreed on")
        case .connect, .connack, .publish, .suback, .unsuback, .pingresp:
            breakOff(because: .protocolError, "\(packet.type) does not belong here")
        }
    }

    /// Gives a packet to the session; one that it must not get there ends the connection.
    private func settle(_ peer: Peer, _ body: (inout Session, inout Outbox) -> SessionViolation?) {
        guard let violation = peer.client.update(for: number, body) else { return }
        if let violation { breakOff(violation) }
    }

    /// DISCONNECT from the peer (MQTT 5.0 §3.14).
    private func part(_ disconnect: Disconnect, _ peer: Peer) {
        submitGathered()
        if case .some(.some(let violation)) = peer.client.update(
            for: number, { session, _ in session.received(disconnect) }
        ) {
            return breakOff(violation)
        }
        close(
            because: disconnect.reasonCode == .normalDisconnection ? .normalDisconnection : .disconnectWithWillMessage)
    }

    // MARK: Writing

    /// Writes what the session has for the peer: all that is ready, in as few pieces as the socket takes.
    func flush() {
        // All that one read asks for is answered together, at its end.
        guard !isReading, isAnswered, let context, case .open(let peer) = state else { return }
        while true {
            let isWritable = context.channel.isWritable
            sendRetained(peer)
            guard
                let (bytes, isFull) = peer.client.takeBytes(
                    for: number, isWritable: isWritable, counting: shared)
            else { return }
            shared.counters.sent(bytes: bytes.readableBytes)
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            guard isWritable, isFull || !retainedToSend.isEmpty, !isClosed else { return }
        }
    }

    /// Writes what the session has once the loop has read from all connections that had something to say: what many of
    /// them published goes to one subscriber in one piece.
    func flushSoon() {
        scratch.due.append(self)
        guard scratch.due.count == 1 else { return }
        let scratch = NIOLoopBound(scratch, eventLoop: eventLoop)
        eventLoop.execute { scratch.value.flushDue() }
    }

    /// Writes CONNACK, and from then on what the session has for the peer: first what is to be sent again.
    func answerConnect(_ connack: ByteBuffer) {
        guard let context, !isClosed else { return }
        context.writeAndFlush(wrapOutboundOut(connack), promise: nil)
        isAnswered = true
        flush()
    }

    /// Writes bytes that waited for a commit.
    func write(_ bytes: ByteBuffer) {
        guard let context, !isClosed else { return }
        flush()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Writes a packet outside of a session; one that the peer's limits forbid is left out.
    func send(_ packet: Packet, version: ProtocolVersion, maximumPacketBytes: Int = MQTTLimits.packetBytes) {
        guard let context, !isClosed else { return }
        var buffer = context.channel.allocator.buffer(capacity: 64)
        do throws(PacketEncodingError) {
            try packet.encode(into: &buffer, version: version, maximumPacketBytes: maximumPacketBytes)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        } catch {
            shared.logger.debug("a packet was not sent", metadata: ["error": "\(error)"])
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

    /// What the session does not allow ends the connection.
    func breakOff(_ violation: SessionViolation) { breakOff(because: violation.reasonCode, violation.description) }

    /// A packet that the standard or this server does not allow here: record it, say the reason code, and close.
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
    ///
    /// - Parameters:
    ///   - reason: What DISCONNECT says.
    ///   - words: The same for people.
    ///   - closing: What the session makes of it; nil for what it makes of `reason`.
    func disconnect(because reason: ReasonCode, _ words: String? = nil, closing: ClosingReason? = nil) {
        if case .open(let peer) = state, peer.version == .v5 {
            isReading = false
            flush()
            var properties: Properties = []
            if let words, peer.wantsReasons { properties = [.reasonString(words)] }
            let packet = Disconnect(reasonCode: reason, properties: properties)
            send(.disconnect(packet), version: .v5, maximumPacketBytes: peer.maximumPacketBytes)
            closingReason = closing ?? reason.closing
            end()
            linger()
        } else {
            close(because: closing ?? reason.closing)
        }
    }

    /// Leaves the peer a moment to read why, and to close by itself. To close at once would reset the connection when more
    /// of the peer's is on its way, and DISCONNECT be lost with it.
    private func linger() {
        isPaused = false
        updateReading()
        timer = eventLoop.assumeIsolated().scheduleTask(in: Connection.lingering) {
            self.timer = nil
            self.context?.close(promise: nil)
        }
    }

    func close(because reason: ClosingReason = .serverClosed) {
        closingReason = reason
        // Answers that are ready are the peer's, also on the way out.
        isReading = false
        flush()
        context?.close(promise: nil)
        end()
    }

    // MARK: Time

    /// A certificate or token that ends takes its connection with it.
    func closeWhenExpired() {
        guard let end = identityEnd else { return }
        let left = end.at.since(shared.path.clock.now)
        // A timer cannot wait for years: what ends later than tomorrow is looked at again then.
        let seconds = min(max(left / .seconds(1), 0), 86_400)
        expiry = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(seconds * 1_000) + 1)) {
            guard end.at <= self.shared.path.clock.now else { return self.closeWhenExpired() }
            self.shared.path.record(end.refusal, by: self.principal, from: self.address)
            self.disconnect(because: .notAuthorized, end.refusal.message, closing: self.closingWithoutIdentity)
        }
    }

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
        // Who is not read from cannot be heard.
        if heldBack != nil || isPaused { keepAlive?.packetReceived(at: .now) }
        switch keepAlive?.timerFired(at: .now) {
        case .check(let instant): schedule(at: instant)
        case .disconnect:
            disconnect(because: .keepAliveTimeout, "nothing was heard for one and a half keep-alive intervals")
        case .ignore, nil: break
        }
    }
}

extension ReasonCode {
    /// What a session makes of the reason that its connection is closed for.
    fileprivate var closing: ClosingReason {
        switch self {
        case .sessionTakenOver: .takenOver
        case .serverShuttingDown: .serverShuttingDown
        default: .serverClosed
        }
    }
}
