import CityModel
import CityPath
import Logging
import MQTTBridge
import MQTTPackets
import MQTTSessions
import NIOCore
import NIOPosix

/// A bridge at work: one attempt after the other, until it is told to stop. Lives on its event loop.
///
/// `idle` until ``start()``; then `linking` while there is an attempt or a link, `waiting` between them; `stopped` for good.
final class Bridge {
    private enum State {
        case idle
        /// The files are being read.
        case preparing
        case linking(BridgeLink)
        case waiting(Scheduled<Void>)
        case stopped
    }

    /// The client identifier here; the session's owner is the bridge.
    private static let localIdentifier = "bridge"

    let shared: ListenerShared
    let settings: BridgeSettings
    let gauge: BridgeGauge
    let loop: any EventLoop
    private var state = State.idle
    private var backoff = ReconnectBackoff()
    private var random = SystemRandomNumberGenerator()
    /// Whether the session here was made anew, and the other broker has not been told yet: what it keeps is of no use then.
    private var beginsAnew = false

    init(_ settings: BridgeSettings, _ gauge: BridgeGauge, _ shared: ListenerShared, loop: any EventLoop) {
        self.settings = settings
        self.gauge = gauge
        self.shared = shared
        self.loop = loop
    }

    private var key: ClientKey {
        ClientKey(owner: Principal.bridge(settings.name).name, clientIdentifier: Bridge.localIdentifier)
    }

    private var terms: BridgeTerms {
        var terms = BridgeTerms(
            version: settings.version, remoteIdentifier: settings.clientIdentifier,
            localIdentifier: Bridge.localIdentifier, mark: settings.mark)
        terms.userName = settings.login?.userName
        terms.keepAliveSeconds = settings.keepAliveSeconds
        terms.window = shared.settings.receiveMaximum
        terms.maximumLocalPacketBytes = shared.settings.maximumPacketBytes
        return terms
    }

    // MARK: Before anybody publishes

    /// Makes the session in which messages wait while there is no link, or brings it in line with the plan. Nothing happens
    /// when it is as it must be: mostly.
    func prepare() -> EventLoopFuture<Void> {
        let client = shared.sessions.session(key)
        gauge.belongs(to: client)
        if !client.isDurable { beginsAnew = true }
        let subscriptions = client.look { $0.subscriptions.mapValues(\.options.maximumQoS) }
        let planned = Set(settings.plan.outward.map(\.localFilter))
        guard !BridgePreparation.isPrepared(subscriptions, for: settings.plan) else {
            return loop.makeSucceededVoidFuture()
        }
        let preparation = BridgePreparation(
            plan: settings.plan, terms: terms, stale: subscriptions.keys.filter { !planned.contains($0) })
        let done = loop.makePromise(of: Void.self)
        let bytes: ByteBuffer
        do {
            bytes = try preparation.begin()
        } catch {
            done.fail(error)
            return done.futureResult
        }
        LocalLink.open(shared, bridge: settings.name, on: loop) { channel in
            try channel.pipeline.syncOperations.addHandler(PreparationHandler(preparation, bytes, done))
        }.whenFailure { done.fail($0) }
        return done.futureResult
    }

    // MARK: Attempts

    func start() {
        guard case .idle = state else { return }
        attempt()
    }

    private func attempt() {
        state = .preparing
        gauge.enter(.connecting, at: shared.path.clock.now)
        let bound = NIOLoopBound(self, eventLoop: loop)
        // Somebody may have ended the session meanwhile.
        prepare().flatMap {
            BridgeCredentials.load(bound.value.settings, on: bound.value.loop)
        }.whenComplete { result in
            guard case .preparing = bound.value.state else { return }
            switch result {
            case .failure(let error):
                bound.value.over(BridgeErrorText.words(for: error, bound.value.settings), .zero)
            case .success(let credentials): bound.value.link(credentials)
            }
        }
    }

    private func link(_ credentials: BridgeCredentials) {
        let client = shared.sessions.session(key)
        var terms = terms
        terms.password = credentials.password
        terms.beginsAnew = beginsAnew
        terms.subscribeIdentifier = client.look { $0.idleIdentifier }
        let link = BridgeLink(self, terms: terms, client: client) { [weak self] reason, stood in
            if stood > .zero { self?.beginsAnew = false }
            self?.over(reason, stood)
        }
        state = .linking(link)
        link.open(credentials)
    }

    private func over(_ reason: String, _ stood: Duration) {
        if stood > .zero { shared.publishState(of: settings.name, isConnected: false) }
        if case .stopped = state { return }
        gauge.enter(.waiting, at: shared.path.clock.now)
        let wait = backoff.wait(afterLinkOf: stood, using: &random)
        let isNews = gauge.meets(reason)
        shared.logger.log(
            level: isNews || stood > .zero ? .warning : .debug,
            stood > .zero ? "bridge lost its link" : "bridge cannot connect",
            metadata: [
                "bridge": "\(settings.name)", "broker": "\(settings.address)", "reason": "\(reason)",
                "again.in": "\(wait.components.seconds) s",
            ])
        state = .waiting(
            loop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) {
                guard case .waiting = self.state else { return }
                self.attempt()
            })
    }

    // MARK: The end

    /// Ends the link, and makes no other.
    ///
    /// - Returns: Done when both brokers have been told and the sockets are closed.
    func stop() -> EventLoopFuture<Void> {
        let last = state
        state = .stopped
        switch last {
        case .linking(let link):
            link.leave()
            return link.closed
        case .waiting(let task):
            task.cancel()
            return loop.makeSucceededVoidFuture()
        case .idle, .preparing, .stopped: return loop.makeSucceededVoidFuture()
        }
    }
}

/// Talks to the city's broker until a session is prepared. Lives on its event loop.
private final class PreparationHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var preparation: BridgePreparation
    private let opening: ByteBuffer
    private let done: EventLoopPromise<Void>
    private var decoder = PacketDecoder(role: .client(.v5))
    private var unread = ByteBuffer()

    init(_ preparation: BridgePreparation, _ opening: ByteBuffer, _ done: EventLoopPromise<Void>) {
        self.preparation = preparation
        self.opening = opening
        self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(opening), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        unread.writeBuffer(&bytes)
        do {
            while let packet = try decoder.next(from: &unread) {
                guard try preparation.received(packet) else { continue }
                var farewell = ByteBuffer()
                try Packet.disconnect(Disconnect()).encode(into: &farewell, version: .v5)
                context.writeAndFlush(wrapOutboundOut(farewell), promise: nil)
                done.succeed()
                return context.close(promise: nil)
            }
        } catch {
            done.fail(error)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

extension ClientSession {
    /// See `MQTTSessions.Session.forgetReceived(into:)`.
    func forgetReceived() { update { state in state.session.forgetReceived(into: &state.outbox) } }
}

extension ListenerShared {
    /// `$SYS/broker/connection/<name>/state`, under the name that it has at Mosquitto: 1 while the link stands.
    func publishState(of bridge: String, isConnected: Bool) {
        let message = RelayedMessage(
            ApplicationMessage(
                topicName: Array("$SYS/broker/connection/\(bridge)/state".utf8),
                payload: ByteBuffer(string: isConnected ? "1" : "0"), qos: .atMostOnce, retain: true,
                receivedAt: SessionInstant(path.clock.now)), .internal)
        relay.retained.apply(message)
        relay.deliver(
            relay.route([message]), [message], isCommitted: true, at: SessionInstant(path.clock.now))
    }
}

/// All bridges of a listener. Safe from any thread.
struct Bridges: Sendable {
    private let bridges: [(loop: any EventLoop, bridge: NIOLoopBound<Bridge>)]

    /// Makes the sessions of all bridges: once this returns, nothing that is published is missed. What cannot be made now is
    /// tried again with each attempt to connect.
    ///
    /// - Throws: NIO's errors when the event loops do not run.
    init(_ shared: ListenerShared, on group: any EventLoopGroup) async throws {
        var bridges: [(loop: any EventLoop, bridge: NIOLoopBound<Bridge>)] = []
        for (settings, gauge) in zip(shared.settings.bridges, shared.gauges) {
            let loop = group.next()
            let bridge = try await loop.submit {
                NIOLoopBound(Bridge(settings, gauge, shared, loop: loop), eventLoop: loop)
            }.get()
            shared.publishState(of: settings.name, isConnected: false)
            do {
                try await loop.flatSubmit { bridge.value.prepare() }.get()
            } catch {
                shared.logger.error(
                    "a bridge has no queue yet", metadata: ["bridge": "\(settings.name)", "error": "\(error)"])
            }
            bridges.append((loop, bridge))
        }
        self.bridges = bridges
    }

    func start() {
        for (loop, bridge) in bridges { loop.execute { bridge.value.start() } }
    }

    /// Ends all links, in good order.
    func stop() async throws {
        for (loop, bridge) in bridges { try await loop.flatSubmit { bridge.value.stop() }.get() }
    }
}
