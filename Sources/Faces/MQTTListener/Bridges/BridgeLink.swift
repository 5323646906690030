import CityIdentity
import CityModel
import CityPath
import Logging
import MQTTBridge
import MQTTClient
import MQTTPackets
import MQTTSessions
import NIOCore
import NIOPosix
import NIOSSL

/// One attempt to join the two brokers, and the link that comes of it. Lives on its event loop.
///
/// Carries out what ``MQTTBridge/BridgeConversation`` says; owns the two channels and the timers. What one side cannot
/// take yet is not read from the other.
final class BridgeLink {
    /// From the first byte to CONNACK and SUBACK.
    private static let openingTime = TimeAmount.seconds(15)

    let shared: ListenerShared
    let settings: BridgeSettings
    let gauge: BridgeGauge
    let loop: any EventLoop
    private let client: ClientSession
    private let whenOver: (_ reason: String, _ stood: Duration) -> Void
    private var conversation: BridgeConversation
    private var output = BridgeConversation.Output()
    private var channels: [BridgeSide: any Channel] = [:]
    private var pings = PingSchedule()
    private var pingTimer: RepeatedTask?
    private var deadline: Scheduled<Void>?
    private var standsSince: ContinuousClock.Instant?
    private var isOver = false

    /// - Parameters:
    ///   - bridge: Whose attempt it is.
    ///   - terms: How the bridge introduces itself.
    ///   - client: The bridge's session here.
    ///   - whenOver: Called once, with the reason for people, and how long messages could flow.
    init(
        _ bridge: Bridge, terms: BridgeTerms, client: ClientSession,
        whenOver: @escaping (_ reason: String, _ stood: Duration) -> Void
    ) {
        (shared, settings, gauge, loop) = (bridge.shared, bridge.settings, bridge.gauge, bridge.loop)
        self.client = client
        self.whenOver = whenOver
        let (topics, registry) = (shared.path.topics, shared.city.views.registry)
        conversation = BridgeConversation(plan: settings.plan, terms: terms) { device, channel in
            let id = DeviceID(device)
            // A device that is not registered has no agency; the path refuses what is said in its name, and says so.
            return topics.topic(of: id, agency: registry.device(id)?.agency ?? AgencyID("none"), channel: channel)
        }
    }

    // MARK: The way there

    /// Connects to the remote broker.
    func open(_ credentials: BridgeCredentials) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let (tls, serverName) = (credentials.tls, settings.tls?.serverName ?? settings.address.nameForTLS)
        deadline = loop.assumeIsolated().scheduleTask(in: BridgeLink.openingTime) {
            self.end("the broker did not answer in time")
        }
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: serverName))
                    }
                    let link = bound.value
                    let end = BridgeEnd(
                        link, .remote,
                        PacketDecoder(
                            role: .client(link.settings.version),
                            maximumPacketBytes: link.conversation.maximumRemotePacketBytes))
                    try channel.pipeline.syncOperations.addHandler(end)
                }
            }
            .connect(host: settings.address.host, port: settings.address.port)
            .whenComplete { result in
                switch result {
                case .failure(let error): bound.value.end(bound.value.words(for: error))
                case .success(let channel): bound.value.reached(channel)
                }
            }
    }

    private func reached(_ channel: any Channel) {
        guard !isOver else { return channel.close(promise: nil) }
        channels[.remote] = channel
        attempt { () throws(BridgeFailure) in output = try conversation.begin() }
        flush()
    }

    /// The remote broker has accepted: joins the city's.
    private func enter(sessionPresent: Bool, keepAlive: Duration) {
        startPings(every: keepAlive)
        setReading(.remote, false)
        if !sessionPresent { client.forgetReceived() }
        let bound = NIOLoopBound(self, eventLoop: loop)
        LocalLink.open(shared, bridge: settings.name, on: loop) { channel in
            let link = bound.value
            let decoder = PacketDecoder(role: .client(.v5))
            try channel.pipeline.syncOperations.addHandler(BridgeEnd(link, .local, decoder))
        }.whenComplete { result in
            switch result {
            case .failure(let error): bound.value.end("the way into the city could not be opened: \(error)")
            case .success(let channel): bound.value.entered(channel)
            }
        }
    }

    private func entered(_ channel: any Channel) {
        guard !isOver else { return channel.close(promise: nil) }
        channels[.local] = channel
        attempt { () throws(BridgeFailure) in try conversation.localIsOpen(into: &output) }
        flush()
        setReading(.remote, true)
    }

    // MARK: Messages

    /// A packet from either side. Its answers are written by ``flush()``.
    func received(_ packet: Packet, from side: BridgeSide) {
        guard !isOver else { return }
        if side == .remote { pings.packetReceived() }
        attempt { () throws(BridgeFailure) in try conversation.received(packet, from: side, into: &output) }
        guard !output.events.isEmpty else { return }
        let events = output.events
        output.events = []
        for event in events { carryOut(event) }
    }

    private func carryOut(_ event: BridgeConversation.Event) {
        switch event {
        case .remoteAccepted(let sessionPresent, let keepAlive):
            enter(sessionPresent: sessionPresent, keepAlive: keepAlive)
        case .stands: stand()
        case .tookIn: gauge.count(.tookIn)
        case .gaveOut: gauge.count(.gaveOut)
        case .leftOut(.unfit):
            gauge.count(.refused)
            tell("a message does not fit through the bridge and was left out: it is too large, or its topic too long")
        case .leftOut(.loop), .leftOut(.unmapped): gauge.count(.leftOut)
        case .subscriptionRefused(let filter, let code):
            tell("the broker refuses the subscription to `\(filter)`: \(code)")
        case .messageRefused(let side, let code, let reason):
            gauge.count(.refused)
            // What this city refuses stands in its records already.
            guard side == .remote else { return }
            tell("the broker refuses messages: \(code)\(reason.map { ", `\($0)`" } ?? "")")
        }
    }

    private func stand() {
        deadline?.cancel()
        standsSince = .now
        gauge.count(.connects)
        gauge.enter(.connected, at: shared.path.clock.now)
        shared.publishState(of: settings.name, isConnected: true)
        shared.logger.notice(
            "bridge connected", metadata: ["bridge": "\(settings.name)", "broker": "\(settings.address)"])
    }

    /// Tells of something that may come again and again: once, until something else is told.
    private func tell(_ problem: String) {
        guard gauge.meets(problem) else { return }
        shared.logger.warning("\(problem)", metadata: ["bridge": "\(settings.name)"])
    }

    /// Writes what one read has brought, in one piece for each side.
    func flush() {
        guard !isOver else { return }
        for (side, bytes) in [(BridgeSide.local, output.toLocal), (.remote, output.toRemote)]
        where bytes.readableBytes > 0 {
            if side == .remote { pings.packetSent() }
            channels[side]?.writeAndFlush(bytes, promise: nil)
        }
        output.toLocal = ByteBuffer()
        output.toRemote = ByteBuffer()
    }

    /// What one side cannot take is not read from the other.
    func writabilityChanged(of side: BridgeSide, _ isWritable: Bool) {
        setReading(side == .local ? .remote : .local, isWritable)
    }

    private func setReading(_ side: BridgeSide, _ isReading: Bool) {
        // A failure means that the channel is closed, and then there is nothing to read.
        _ = channels[side]?.setOption(.autoRead, value: isReading)
    }

    private func startPings(every keepAlive: Duration) {
        guard keepAlive > .zero else { return }
        let period = TimeAmount(keepAlive / PingSchedule.firingsPerInterval)
        let bound = NIOLoopBound(self, eventLoop: loop)
        pingTimer = loop.scheduleRepeatedTask(initialDelay: period, delay: period) { _ in bound.value.pingIfDue() }
    }

    private func pingIfDue() {
        switch pings.timerFired() {
        case .nothing: break
        case .ping: send(.pingreq, to: .remote)
        case .giveUp: end("the broker does not answer")
        }
    }

    private func send(_ packet: Packet, to side: BridgeSide) {
        var bytes = ByteBuffer()
        do throws(PacketEncodingError) {
            try packet.encode(into: &bytes, version: side == .local ? .v5 : settings.version)
        } catch {
            return end("\(packet.type) cannot be sent: \(error)")
        }
        if side == .remote { pings.packetSent() }
        channels[side]?.writeAndFlush(bytes, promise: nil)
    }

    // MARK: The end

    private func attempt(_ body: () throws(BridgeFailure) -> Void) {
        do {
            try body()
        } catch {
            end("\(error)")
        }
    }

    /// The program stops: both brokers are told, and keep their sessions.
    func leave() {
        flush()
        if standsSince != nil { send(.disconnect(Disconnect()), to: .remote) }
        send(.disconnect(Disconnect()), to: .local)
        end("the city stops")
    }

    /// Ends the link, once. What both sides were told before is written out first.
    func end(_ reason: String) {
        guard !isOver else { return }
        flush()
        isOver = true
        deadline?.cancel()
        pingTimer?.cancel()
        for channel in channels.values { channel.close(promise: nil) }
        whenOver(reason, standsSince.map { ContinuousClock.now - $0 } ?? .zero)
    }

    /// When both channels are closed.
    var closed: EventLoopFuture<Void> {
        EventLoopFuture.andAllComplete(channels.values.map(\.closeFuture), on: loop)
    }

    /// Why a side was lost, for people.
    func words(for error: any Error) -> String { BridgeErrorText.words(for: error, settings) }
}

/// One side's channel: bytes in, packets to the link. Lives on its event loop.
final class BridgeEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let link: BridgeLink
    private let side: BridgeSide
    private var decoder: PacketDecoder
    private var unread = ByteBuffer()

    init(_ link: BridgeLink, _ side: BridgeSide, _ decoder: PacketDecoder) {
        self.link = link
        self.side = side
        self.decoder = decoder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if unread.readableBytes == 0 { unread = bytes } else { unread.writeBuffer(&bytes) }
        do throws(PacketDecodingError) {
            while let packet = try decoder.next(from: &unread) { link.received(packet, from: side) }
        } catch {
            link.end(
                "\(side == .remote ? "the broker broke the protocol" : "the link was cut short"): \(error.message)")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        link.flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        link.writabilityChanged(of: side, context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        link.end(link.words(for: error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.end(side == .remote ? "the broker closed the connection" : "the city closed the link")
        context.fireChannelInactive()
    }
}
