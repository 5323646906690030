/// The MQTT face: 3.1.1 and 5 over TLS with client certificates or tokens.
///
/// - Takes: connections on the guarded port, and on a loopback port in the laboratory.
/// - Gives: acknowledgements after the commit, refusals with the standard's reason codes, messages to subscribers.
/// - Owns: sockets, connections, sessions, subscriptions, retained messages, bridges to other brokers.
///   Decides nothing: who may do what is the path's to say.
/// - Relies on: SwiftNIO and BoringSSL for bytes, `MQTTPackets` for packets, `MQTTSessions` for what the standard says of
///   sessions, `CityPath` for everything that matters.
import CityIdentity
import CityModel
public import CityPath
import Foundation
public import Logging
import MQTTPackets
import MQTTSessions
import MQTTTransport
import NIOCore
import NIOPosix
import NIOSSL
public import ServiceLifecycle

/// What the MQTT face is told.
public struct MQTTSettings: Sendable {
    /// A host and a port; port 0 lets the system choose.
    public struct Address: Sendable, Equatable {
        /// The address to listen on.
        public var host: String
        /// The port.
        public var port: Int

        /// An address.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// Where devices connect, over TLS.
    public var address: Address
    /// Where browsers connect, with WebSocket over TLS and a client certificate; nil for nowhere.
    public var webSocketAddress: Address?
    /// Whether a load balancer stands before the listeners, and begins each connection with a PROXY header, version 2.
    public var isBehindProxy = false
    /// The plain listener of the laboratory; loopback only.
    public var laboratory: Address?
    /// The server's certificate chain, PEM.
    public var certificateChainFile: String
    /// The server's key, PEM.
    public var privateKeyFile: String
    /// The root that client certificates are named after in the handshake, PEM.
    public var authorityFile: String
    /// The largest packet accepted, in bytes.
    public var maximumPacketBytes = 262_144
    /// The most connections at one time.
    public var maximumConnections = 20_000
    /// The most sessions of one principal, connected or kept for it.
    public var sessionsPerPrincipal = 10_000
    /// The most messages of QoS 1 and 2 a peer may have unacknowledged (MQTT 5.0 §3.2.2.3.3).
    public var receiveMaximum: UInt16 = 1_024
    /// The most messages that wait for one client; see `MQTTSessions` for what happens then.
    public var queuedMessages = 10_000
    /// How many messages a second each principal may publish over TLS, with all of its connections; nil for any number.
    public var messagesPerSecond: Int?
    /// The same in bytes of PUBLISH packets.
    public var bytesPerSecond: Int?
    /// The longest that a session outlives its connection, in seconds; `UInt32.max` for ever.
    public var longestSessionSeconds: UInt32 = 7 * 86_400
    /// The longest keep-alive (MQTT 5.0 §3.2.2.3.14); a client that asks for more, or for none, is told this one.
    public var longestKeepAlive = Duration.seconds(3_600)
    /// Bridges to other brokers.
    public var bridges: [BridgeSettings] = []
    /// How many threads read and write; nil for one on each core this program may use.
    public var threads: Int?

    /// Settings with the usual limits.
    public init(
        address: Address, laboratory: Address? = nil, certificateChainFile: String, privateKeyFile: String,
        authorityFile: String
    ) {
        self.address = address
        self.laboratory = laboratory
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
        self.authorityFile = authorityFile
    }
}

extension MQTTSettings {
    /// What holds for every principal.
    var publishQuota: PublishQuota {
        PublishQuota(messagesPerSecond: messagesPerSecond, bytesPerSecond: bytesPerSecond)
    }

    /// What holds for every session.
    var sessionLimits: SessionLimits {
        var limits = SessionLimits()
        limits.receiveMaximum = receiveMaximum
        limits.queuedMessages = queuedMessages
        limits.sessionExpiryInterval = SessionExpiryInterval(seconds: longestSessionSeconds)
        return limits
    }
}

/// Where the face listens, once it does.
public struct MQTTPorts: Sendable, Equatable {
    /// The guarded port.
    public let secure: Int
    /// WebSocket over TLS, where there is one.
    public let webSocket: Int?
    /// The laboratory's, where there is one.
    public let laboratory: Int?
}

/// Why the face does not listen: its address is taken, or not one of this machine's.
public struct MQTTListenError: Error, CustomStringConvertible {
    /// The address that was asked for.
    public let address: MQTTSettings.Address
    /// For the log.
    public let cause: any Error

    /// For people: the address, and what the system says.
    public var description: String {
        let why = (cause as? IOError).map { String(cString: strerror($0.errnoCode)).lowercased() } ?? "\(cause)"
        return
            "MQTT cannot listen on \(address.host):\(address.port): \(why); end the program that has it, or choose another "
            + "with `--mqtt` or `listen.mqtt`"
    }
}

/// Serves MQTT until it is told to stop.
public struct MQTTListener: Service {
    private let city: City
    private let settings: MQTTSettings
    private let directory: ConnectionDirectory
    private let onReady: @Sendable (MQTTPorts) -> Void
    private let logger: Logger

    /// A listener over a city.
    ///
    /// - Parameters:
    ///   - city: Open.
    ///   - settings: See ``MQTTSettings``.
    ///   - connections: Filled with who is connected; also read by other faces.
    ///   - logger: Where to log.
    ///   - onReady: Called once with the ports, when connections are accepted.
    public init(
        city: City, settings: MQTTSettings, connections: ConnectionDirectory, logger: Logger,
        onReady: @escaping @Sendable (MQTTPorts) -> Void
    ) {
        self.city = city
        self.settings = settings
        self.directory = connections
        self.logger = logger
        self.onReady = onReady
    }

    /// Listens, and serves until graceful shutdown; then every peer is told (0x8B) and disconnected.
    ///
    /// - Throws: ``MQTTListenError`` when a port is taken; NIOSSL's errors when a key or certificate cannot be read.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads ?? usableCores())
        do {
            try await serve(on: group)
            try await group.shutdownGracefully()
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        let shared = ListenerShared(city: city, settings: settings, directory: directory, logger: logger)
        directory.belongs(to: shared)
        let loop = group.next()
        try shared.restore(on: loop)
        city.views.registry.observe { record in shared.registryChanged(record, on: loop) }
        city.accounts.observe { name in shared.standingChanged(of: "person/\(name)") }
        city.tokens.observe { owner in shared.standingChanged(of: owner.principalName) }
        let bridges = try await Bridges(shared, on: group)
        city.metrics.include { [weak shared] in
            (shared?.gauges.flatMap(\.samples) ?? []) + (shared?.counters.samples ?? [])
        }
        let tls = try tlsContext(offering: MQTTTransport.subprotocol)
        let secure = try await bind(settings.address, on: group, shared.openings) { channel in
            try shared.configure(channel, Door(security: .mutualTLS(tls), isBehindProxy: settings.isBehindProxy))
        }
        var webSocket: (any Channel)?
        if let address = settings.webSocketAddress {
            let tls = try tlsContext(offering: "http/1.1")
            webSocket = try await bind(address, on: group, shared.openings) { channel in
                try shared.configure(
                    channel,
                    Door(security: .mutualTLS(tls), isWebSocket: true, isBehindProxy: settings.isBehindProxy))
            }
        }
        var laboratory: (any Channel)?
        if let address = settings.laboratory {
            precondition(
                address.host == "127.0.0.1" || address.host == "::1", "the laboratory listens on loopback only")
            laboratory = try await bind(address, on: group, shared.openings) { channel in
                try shared.configure(channel, Door(security: .laboratory))
            }
        }
        city.path.replies.observe { reply in shared.publish(reply, on: loop) }
        let topics = SystemTopics(shared: shared, startedAt: city.clock.now)
        let publishing = loop.scheduleRepeatedTask(initialDelay: .zero, delay: SystemTopics.interval) { _ in
            topics.tick()
        }
        onReady(
            MQTTPorts(
                secure: secure.localAddress?.port ?? settings.address.port,
                webSocket: webSocket.map { $0.localAddress?.port ?? 0 },
                laboratory: laboratory.map { $0.localAddress?.port ?? 0 }))
        bridges.start()
        try? await gracefulShutdown()
        publishing.cancel()
        try await bridges.stop()
        try await secure.close()
        try await webSocket?.close()
        try await laboratory?.close()
        await directory.closeAll(because: .serverShuttingDown)
    }

    private func bind(
        _ address: MQTTSettings.Address, on group: MultiThreadedEventLoopGroup, _ openings: Openings,
        _ configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(MQTTListenError) -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AdmissionGate(openings: openings))
                }
            }
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1_024, maximum: 65_536)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel) }
            }
        do {
            return try await bootstrap.bind(host: address.host, port: address.port).get()
        } catch {
            throw MQTTListenError(address: address, cause: error)
        }
    }

    /// Verification itself is the path's: BoringSSL proves that the peer holds the key, ``CityPath/Identify`` judges the
    /// certificate, so that each refusal has its reason on record. A peer may have none, and then needs a token.
    private func tlsContext(offering applicationProtocol: String) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(settings.certificateChainFile).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: settings.privateKeyFile, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .file(settings.authorityFile)
        configuration.sendCANameList = true
        configuration.applicationProtocols = [applicationProtocol]
        return try NIOSSLContext(configuration: configuration)
    }
}

/// The cores that this program may run on, as the scheduler sees it (`taskset`, cpusets): `Cpus_allowed` is a mask in
/// hexadecimal digits and commas.
private func usableCores() -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
    else { return System.coreCount }
    let count = line.dropFirst("Cpus_allowed:".count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    return max(1, min(count, System.coreCount))
}
