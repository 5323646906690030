import CityIdentity
import CityModel
import CityPath
import JSONBytes
import Logging
import MQTTPackets
import MQTTSessions
import MQTTTransport
import Foundation
import NIOCore
import NIOSSL
import PKI
import Synchronization

/// What all connections of a listener share.
final class ListenerShared: Sendable {
    /// How a peer proves who it is.
    enum Security: Sendable {
        /// With a certificate or, where there is none, a token.
        case mutualTLS(NIOSSLContext)
        /// Not at all: loopback only.
        case laboratory
        /// Inside of the program: the bridge of that name.
        case bridge(String)
    }

    let city: City
    let path: GuardedPath
    let settings: MQTTSettings
    let directory: ConnectionDirectory
    let relay: MessageRelay
    let sessions: SessionBook
    let sessionLimits: SessionLimits
    let openings = Openings()
    let meters: PublishMeters
    /// How the bridges are, in the order of the settings.
    let gauges: [BridgeGauge]
    let counters = MQTTCounters()
    /// How often sign-in with a token may fail.
    let signIns = SignInLimiter()
    let logger: Logger
    private let scratches = Mutex<[ObjectIdentifier: NIOLoopBound<LoopScratch>]>([:])

    init(
        city: City, settings: MQTTSettings, directory: ConnectionDirectory, logger: Logger
    ) {
        self.city = city
        self.path = city.path
        self.settings = settings
        self.directory = directory
        relay = MessageRelay(metrics: city.metrics)
        sessions = SessionBook(path: city.path)
        sessionLimits = settings.sessionLimits
        meters = PublishMeters(settings.publishQuota)
        gauges = settings.bridges.map { BridgeGauge($0, at: city.clock.now) }
        self.logger = logger
    }

    /// The working memory that all connections of an event loop take turns with.
    func scratch(of eventLoop: any EventLoop) -> LoopScratch {
        scratches.withLock { scratches in
            if let known = scratches[ObjectIdentifier(eventLoop)] { return known }
            let made = NIOLoopBound(LoopScratch(), eventLoop: eventLoop)
            scratches[ObjectIdentifier(eventLoop)] = made
            return made
        }.value
    }

    /// Builds a new connection's pipeline: PROXY header, TLS, WebSocket, MQTT, as far as the door has them. Called on its
    /// event loop.
    func configure(_ channel: any Channel, _ door: Door) throws {
        guard directory.reserve(atMost: settings.maximumConnections) else {
            path.record(
                Refusal(
                    step: .identify, code: .rateLimited,
                    message: "\(settings.maximumConnections) connections are open, and no more may be"),
                by: .unknown("new"), from: channel.remoteAddress?.ipAddress ?? "?")
            throw ChannelError.eof
        }
        let arrival = Arrival(opening: Opening(among: openings))
        channel.closeFuture.whenComplete { [directory, opening = arrival.opening] _ in
            opening.finish()
            directory.release()
        }
        guard door.isBehindProxy else { return try configure(channel, door, arrival) }
        let proxy = ProxyProtocolHandler(
            onAddress: { [self] address in
                arrival.address = address?.ipAddress
                do {
                    try configure(channel, door, arrival)
                } catch {
                    channel.close(promise: nil)
                }
            },
            onRefusal: { [path] message in
                path.record(
                    Refusal(step: .identify, code: .malformedPacket, message: message), by: .unknown("proxy"),
                    from: channel.remoteAddress?.ipAddress ?? "?")
            })
        try channel.pipeline.syncOperations.addHandler(proxy)
    }

    private func configure(_ channel: any Channel, _ door: Door, _ arrival: Arrival) throws {
        let handshake = arrival.handshake
        if case .mutualTLS(let context) = door.security {
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(
                    context: context,
                    customVerificationCallback: { [path] chain, promise in
                        let isTrusted = handshake.judge(chain, by: path)
                        promise.succeed(isTrusted ? .certificateVerified : .failed)
                    }))
        }
        let arrived = NIOLoopBound(arrival, eventLoop: channel.eventLoop)
        guard door.isWebSocket else { return try addConnection(to: channel, door, arrived.value) }
        try WebSocketUpgrade.configure(
            channel,
            WebSocketUpgrade.Settings(
                maximumFrameBytes: max(settings.maximumPacketBytes, 1 << 16), allowedOrigins: .sameHost),
            onRefusal: { [path] refusal in
                let address = arrived.value.address ?? channel.remoteAddress?.ipAddress ?? "?"
                var reason: Refusal? = Refusal(step: .identify, code: .malformedPacket, message: refusal.message)
                if case .connection(let error) = refusal { reason = arrived.value.handshake.refusal(for: error) }
                if let reason { path.record(reason, by: .unknown(address), from: address) }
            },
            then: { [self] channel in
                channel.eventLoop.makeCompletedFuture { try addConnection(to: channel, door, arrived.value) }
            })
    }

    private func addConnection(to channel: any Channel, _ door: Door, _ arrival: Arrival) throws {
        try channel.pipeline.syncOperations.addHandler(
            Connection(shared: self, security: door.security, arrival: arrival, eventLoop: channel.eventLoop))
    }
}

/// How a listening socket serves those who come in.
struct Door: Sendable {
    let security: ListenerShared.Security
    var isWebSocket = false
    /// Whether a load balancer says before all else who comes.
    var isBehindProxy = false
}

/// A connection on its way in. Lives on its event loop.
final class Arrival {
    let opening: Opening
    let handshake = Handshake()
    /// Where the peer is, where a load balancer has said so.
    var address: String?

    init(opening: Opening) {
        self.opening = opening
    }
}

/// What a TLS handshake has established. Lives on the connection's event loop.
final class Handshake {
    private(set) var identity: TrustedIdentity?
    private var refusal: Refusal?

    /// Judges the certificates that a peer presents.
    func judge(_ chain: [NIOSSLCertificate], by path: GuardedPath) -> Bool {
        do {
            switch path.identify.certificate(try chain.map { try $0.toDERBytes() }, at: path.clock.now) {
            case .success(let identity): self.identity = identity
            case .failure(let refusal): self.refusal = refusal
            }
        } catch {
            refusal = Refusal(
                step: .identify, code: .certificateUntrusted, message: "the certificate cannot be read: \(error)")
        }
        return identity != nil
    }

    /// Why a certificate is refused that the peer has proven to hold; nil when it identifies the peer from now on.
    func refusal(of certificate: NIOSSLCertificate, by path: GuardedPath) -> Refusal? {
        judge([certificate], by: path) ? nil : refusal
    }

    /// What an error before CONNECT is worth in the record; nil for peers that merely went away.
    func refusal(for error: any Error) -> Refusal? {
        if let refusal { return refusal }
        switch error {
        case NIOSSLError.uncleanShutdown: return nil
        case let error as IOError where error.errnoCode == ECONNRESET: return nil
        default:
            return Refusal(
                step: .identify, code: .malformedPacket, message: "the TLS handshake failed: \("\(error)".prefix(200))")
        }
    }
}

/// Working memory for one event loop: filled and emptied within one turn of it.
final class LoopScratch {
    var object = SmallObject()
    /// Connections that have something to write at the end of the turn.
    var due: [Connection] = []
    private var flushing: [Connection] = []

    func flushDue() {
        // What is due from now on is due in the next turn.
        swap(&due, &flushing)
        for connection in flushing { connection.flush() }
        flushing.removeAll(keepingCapacity: true)
    }
}
