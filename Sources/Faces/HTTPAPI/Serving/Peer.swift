import CityIdentity
import CityModel
import CityPath
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import PKI
import Synchronization

/// Through which door a connection came in.
enum Door: Sendable, Equatable {
    /// TLS: certificates, sessions, passwords.
    case guarded
    /// Plain, loopback only, nobody in particular.
    case laboratory
    /// The Unix socket; carries the principal that the operating system vouches for.
    case admin(String)
}

/// One connection, and what is known of who is at its other end. Shared by all requests on it.
final class Peer: Sendable {
    /// What the TLS handshake has established.
    enum Standing: Sendable {
        case withoutCertificate
        case identified(TrustedIdentity)
        case refused(Refusal)
    }

    let door: Door
    /// Where it comes from, without the port.
    let address: String
    /// What counts as one place where connections and failures are counted.
    let place: String
    let channel: any Channel
    let executor: LoopExecutor
    private let standing = Mutex<Standing?>(nil)

    init(door: Door, channel: any Channel) {
        self.door = door
        self.channel = channel
        switch door {
        case .guarded, .laboratory: address = channel.remoteAddress?.ipAddress ?? "?"
        case .admin: address = "local"
        }
        place = NetworkPlace.name(of: address)
        executor = LoopExecutor(channel.eventLoop)
    }

    /// Whether it comes from this machine.
    var isLocal: Bool {
        if case .admin = door { true } else { address == "::1" || address.hasPrefix("127.") }
    }

    /// What the handshake has established, where that has been judged.
    var knownStanding: Standing? { standing.withLock { $0 } }

    /// What the handshake has established; judged once for each connection, for resumed TLS sessions too.
    func standing(by path: GuardedPath) async -> Standing {
        if let knownStanding { return knownStanding }
        let certificate = try? await channel.pipeline.handler(type: NIOSSLServerHandler.self)
            .map { $0.peerCertificate }.get()
        let judged = judge(certificate ?? nil, by: path)
        standing.withLock { $0 = judged }
        return judged
    }

    private func judge(_ certificate: NIOSSLCertificate?, by path: GuardedPath) -> Standing {
        guard let certificate else { return .withoutCertificate }
        do {
            switch path.identify.certificate([try certificate.toDERBytes()], at: path.clock.now) {
            case .success(let identity): return .identified(identity)
            case .failure(let refusal): return .refused(refusal)
            }
        } catch {
            return .refused(
                Refusal(step: .identify, code: .certificateUntrusted, message: "the certificate cannot be read"))
        }
    }
}

/// The open connections of a listener, so that a request's channel leads to its ``Peer``.
final class PeerTable: Sendable {
    private struct State {
        var peers: [ObjectIdentifier: Peer] = [:]
        var counts: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let bound: Int
    private let onSurplus: @Sendable (Peer) -> Void

    /// - Parameters:
    ///   - bound: The most connections from one place.
    ///   - onSurplus: Told of each connection that is one too many.
    init(atMost bound: Int = .max, onSurplus: @escaping @Sendable (Peer) -> Void = { _ in }) {
        self.bound = bound
        self.onSurplus = onSurplus
    }

    /// Enters a new connection until it is closed.
    ///
    /// - Returns: False, and nothing is entered, when its place has as many as it may have.
    func enter(_ peer: Peer) -> Bool {
        let (key, place) = (ObjectIdentifier(peer.channel), peer.place)
        let isWelcome = state.withLock { state in
            guard state.counts[place, default: 0] < bound else { return false }
            state.counts[place, default: 0] += 1
            state.peers[key] = peer
            return true
        }
        guard isWelcome else {
            onSurplus(peer)
            return false
        }
        peer.channel.closeFuture.whenComplete { [weak self] _ in self?.leave(key, from: place) }
        return true
    }

    private func leave(_ key: ObjectIdentifier, from place: String) {
        state.withLock { state in
            state.peers[key] = nil
            let left = state.counts[place, default: 1] - 1
            state.counts[place] = left > 0 ? left : nil
        }
    }

    /// The connection that a request came on; the parent's for a stream of HTTP/2.
    func peer(of channel: any Channel) -> Peer? {
        state.withLock { state in
            if let peer = state.peers[ObjectIdentifier(channel)] { return peer }
            return channel.parent.flatMap { state.peers[ObjectIdentifier($0)] }
        }
    }
}

/// Runs a connection's tasks on the thread that reads and writes for it: a request costs no change of threads.
final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
