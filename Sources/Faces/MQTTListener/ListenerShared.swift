import CityModel
import CityPath
import JSONBytes
import Logging
import MQTTPackets
import Foundation
import NIOCore
import NIOSSL
import PKI
import Synchronization

/// What all connections of a listener share.
final class ListenerShared: Sendable {
    /// How a peer proves who it is.
    enum Security: Sendable {
        case mutualTLS(NIOSSLContext)
        /// Not at all: loopback only.
        case laboratory
    }

    /// A peer that has not sent CONNECT by then is disconnected.
    static let connectDeadline = TimeAmount.seconds(15)

    let city: City
    let path: GuardedPath
    let settings: MQTTSettings
    let directory: ConnectionDirectory
    let relay: MessageRelay
    let logger: Logger
    private let scratches = Mutex<[ObjectIdentifier: NIOLoopBound<LoopScratch>]>([:])

    init(
        city: City, settings: MQTTSettings, directory: ConnectionDirectory, relay: MessageRelay, logger: Logger
    ) {
        self.city = city
        self.path = city.path
        self.settings = settings
        self.directory = directory
        self.relay = relay
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

    /// Builds a new connection's pipeline. Called on its event loop.
    func configure(_ channel: any Channel, security: Security) throws {
        guard directory.reserve(atMost: settings.maximumConnections) else {
            path.record(
                Refusal(
                    step: .identify, code: .rateLimited,
                    message: "\(settings.maximumConnections) connections are open, and no more may be"),
                by: .unknown("new"), from: channel.remoteAddress?.ipAddress ?? "?")
            throw ChannelError.eof
        }
        channel.closeFuture.whenComplete { [directory] _ in directory.release() }
        let handshake = Handshake()
        let pipeline = channel.pipeline.syncOperations
        if case .mutualTLS(let context) = security {
            try pipeline.addHandler(
                NIOSSLServerHandler(
                    context: context,
                    customVerificationCallback: { [path] chain, promise in
                        let isTrusted = handshake.judge(chain, by: path)
                        promise.succeed(isTrusted ? .certificateVerified : .failed)
                    }))
        }
        try pipeline.addHandler(
            Connection(shared: self, security: security, handshake: handshake, eventLoop: channel.eventLoop))
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

    /// What an error before CONNECT is worth in the record; nil for peers that merely went away.
    func refusal(for error: any Error) -> Refusal? {
        if let refusal { return refusal }
        switch error {
        case NIOSSLError.uncleanShutdown: return nil
        case let error as IOError where error.errnoCode == ECONNRESET: return nil
        default:
            let words = "\(error)"
            let isMissing = words.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE")
            return Refusal(
                step: .identify, code: isMissing ? .notIdentified : .malformedPacket,
                message: isMissing
                    ? "no client certificate was presented: get one with `bastide device add`"
                    : "the TLS handshake failed: \(words.prefix(200))")
        }
    }
}

/// Working memory for one event loop: filled and emptied within one read.
final class LoopScratch {
    var object = SmallObject()
}
