import CityModel
import CityPath
import CityStorage
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The sockets: one server for each door, all with the same routes behind them.
struct Listeners: Sendable {
    /// What a request's head may be: cookies, tokens and a purpose fit with room to spare.
    static let headers = HTTP1Channel.Configuration.DecoderConfiguration(
        maxHeaderFieldSize: 16_384, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100)

    let shared: HTTPShared
    let group: any EventLoopGroup
    let logger: Logger

    /// One listener for each door.
    ///
    /// - Parameter onReady: Called once, when all accept connections.
    /// - Returns: Listeners to be run side by side.
    /// - Throws: When a key or certificate cannot be read, or the socket's folder cannot be made.
    func all(onReady: @escaping @Sendable (HTTPPorts) -> Void) throws -> [Listener] {
        let settings = shared.settings
        let waiting = Bound(
            doors: 1 + (settings.laboratory == nil ? 0 : 1) + (settings.adminSocket == nil ? 0 : 1), onReady: onReady)
        let endpoints = Endpoints(shared: shared)
        let answering = Answering(
            responder: endpoints.responder(), prompt: endpoints.prompt,
            finish: AnswerFinish(SecurityHeaders(tiles: settings.tiles)))
        var listeners = [
            Listener(
                name: "HTTPS", place: "\(settings.https)", setting: "`--https` or `listen.https`",
                server: try guarded(answering) { waiting.note(https: $0.localAddress?.port) })
        ]
        if let address = settings.laboratory {
            precondition(
                ["127.0.0.1", "::1", "localhost"].contains(address.host), "the laboratory listens on loopback only")
            let channel = plain(answering) { $0.eventLoop.makeSucceededFuture(.laboratory) }
            let server = server(channel, .hostname(address.host, port: address.port)) {
                waiting.note(laboratory: $0.localAddress?.port)
            }
            listeners.append(
                Listener(
                    name: "the laboratory's HTTP", place: "\(address)", setting: "`--lab-http-port`", server: server))
        }
        if let path = settings.adminSocket {
            try DurableFile.makeFolder((path as NSString).deletingLastPathComponent, mode: 0o700)
            let channel = plain(answering) { channel in
                PeerCredentials.userID(of: channel).map { .admin("local:\($0)") }
            }
            let server = server(channel, .unixDomainSocket(path: path)) { _ in
                chmod(path, 0o600)
                waiting.noteSocket()
            }
            listeners.append(Listener(name: "the command line's socket", place: path, setting: nil, server: server))
        }
        return listeners
    }

    /// Takes the Unix socket's name away.
    func removeSocket() {
        if let path = shared.settings.adminSocket { unlink(path) }
    }

    // MARK: One door

    private func guarded(
        _ answering: Answering, _ onRunning: @escaping @Sendable (any Channel) -> Void
    ) throws -> any Service {
        let (bound, path) = (limits.connectionsFromOnePlace, shared.city.path)
        let peers = PeerTable(atMost: bound) { peer in
            let refusal = Refusal(
                step: .identify, code: .rateLimited, message: "more than \(bound) connections from one place")
            path.record(refusal, by: .unknown(peer.address), from: peer.address)
        }
        // The certificate is judged at the first request, so that its refusal has a reason a client can read: BoringSSL
        // has proved that the peer holds the key, and a connection without identity is worth nothing more.
        let tls = TLSChannelConfiguration(tlsConfiguration: try tlsConfiguration()) { _, promise in
            promise.succeed(.certificateVerified)
        }
        let base = try HTTP2UpgradeChannel(
            tlsChannelConfiguration: tls,
            configuration: HTTP2ChannelConfiguration(
                idleTimeout: limits.http2Idle, gracefulCloseTimeout: limits.goAway,
                streamConfiguration: streams(answering, peers)),
            responder: responding(answering, peers))
        let channel = PeerChannel(base: base, peers: peers, limits: limits) {
            $0.eventLoop.makeSucceededFuture(.guarded)
        }
        let address = shared.settings.https
        return server(channel, .hostname(address.host, port: address.port), onRunning)
    }

    private func plain(
        _ answering: Answering,
        door: @escaping @Sendable (any Channel) -> EventLoopFuture<Door>
    ) -> PeerChannel<HTTP1Channel> {
        let peers = PeerTable()
        let base = HTTP1Channel(
            responder: responding(answering, peers), configuration: streams(answering, peers))
        return PeerChannel(base: base, peers: peers, limits: limits, door: door)
    }

    private func streams(_ answering: Answering, _ peers: PeerTable) -> HTTP1Channel.Configuration {
        let limits = limits
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ExchangeHandler(limits), PromptEntrance(answering.prompt, answering.finish, peers: peers),
            ],
            idleTimeout: TimeAmount(limits.idle), httpDecoderConfiguration: Listeners.headers)
    }

    private var limits: HTTPLimits { shared.settings.limits }

    private func server(
        _ channel: some ServerChildChannel, _ address: BindAddress,
        _ onRunning: @escaping @Sendable (any Channel) -> Void
    ) -> any Service {
        channel.server(
            configuration: ServerConfiguration(
                address: address, backlog: 1_024,
                availableConnectionsDelegate: .maximum(shared.settings.maximumConnections, logger: quiet)),
            onServerRunning: { onRunning($0) }, eventLoopGroup: group, logger: quiet)
    }

    /// The library tells of each connection; that is for those who look for a fault.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    private func tlsConfiguration() throws -> TLSConfiguration {
        let settings = shared.settings
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(settings.certificateChainFile).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: settings.privateKeyFile, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .file(settings.authorityFile)
        configuration.sendCANameList = true
        return configuration
    }

    // MARK: One request

    private func responding(_ answering: Answering, _ peers: PeerTable) -> HTTPChannelHandler.Responder {
        let logger = logger
        return { request, writer, channel in
            guard let peer = peers.peer(of: channel) else { throw ChannelError.ioOnClosedChannel }
            if request.headers[.expect]?.lowercased() == "100-continue" {
                try await writer.writeInformationalHead(HTTPResponse(status: .continue))
            }
            var response = try await answering.responder.respond(
                to: request, context: HTTPContext(source: HTTPContext.Source(logger: logger, peer: peer)))
            answering.finish.apply(to: &response.headers, door: peer.door)
            try await writer.write(response: response.head, body: response.body)
        }
    }
}

/// What makes the answers, the same behind each door.
private struct Answering: Sendable {
    let responder: RouterResponder<HTTPContext>
    let prompt: PromptEndpoints
    let finish: AnswerFinish
}

/// Knows when all doors are open.
private final class Bound: Sendable {
    private struct State {
        var doors: Int
        var https = 0
        var laboratory: Int?
    }

    private let state: Mutex<State>
    private let onReady: @Sendable (HTTPPorts) -> Void

    init(doors: Int, onReady: @escaping @Sendable (HTTPPorts) -> Void) {
        state = Mutex(State(doors: doors))
        self.onReady = onReady
    }

    func note(https port: Int?) { advance { $0.https = port ?? 0 } }

    func note(laboratory port: Int?) { advance { $0.laboratory = port } }

    func noteSocket() { advance { _ in } }

    private func advance(_ change: @Sendable (inout State) -> Void) {
        let ports = state.withLock { state -> HTTPPorts? in
            change(&state)
            state.doors -= 1
            return state.doors == 0 ? HTTPPorts(https: state.https, laboratory: state.laboratory) : nil
        }
        if let ports { onReady(ports) }
    }
}
