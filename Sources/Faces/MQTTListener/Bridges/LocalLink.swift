import CityModel
import CityPath
import CityStorage
import Foundation
import Logging
import MQTTBridge
import MQTTPackets
import MQTTSessions
import NIOCore
import NIOPosix

/// The way from a bridge into the city's own broker: a pair of connected sockets inside of the program, with an ordinary
/// ``Connection`` at one end.
///
/// So a bridge has no door of its own. Its publications walk the guarded path, its queue is a session's, and a slow link
/// holds it back as it does any other peer.
enum LocalLink {
    /// Opens it.
    ///
    /// - Parameters:
    ///   - shared: The broker.
    ///   - bridge: The bridge's name.
    ///   - loop: Where both ends live.
    ///   - initialize: Sets up the bridge's end, on the loop.
    /// - Returns: The bridge's end.
    static func open(
        _ shared: ListenerShared, bridge: String, on loop: any EventLoop,
        _ initialize: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let ends: (city: CInt, bridge: CInt)
        do {
            ends = try pair()
        } catch {
            return loop.makeFailedFuture(error)
        }
        let city = ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try shared.configure(channel, bridge: bridge) }
        }.withConnectedSocket(ends.city)
        return city.flatMapError { error in
            close(ends.bridge)
            return loop.makeFailedFuture(error)
        }.flatMap { _ in
            ClientBootstrap(group: loop).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try initialize(channel) }
            }.withConnectedSocket(ends.bridge)
        }
    }

    private static func pair() throws -> (city: CInt, bridge: CInt) {
        var ends: [CInt] = [-1, -1]
        #if canImport(Glibc)
            let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw IOError(errnoCode: errno, reason: "socketpair") }
        return (ends[0], ends[1])
    }
}

extension ListenerShared {
    /// Puts a connection of a bridge into a channel. It has no place among those who are connecting: it never waits for
    /// them, nor they for it.
    func configure(_ channel: any Channel, bridge: String) throws {
        let openings = Openings()
        let arrival = Arrival(opening: Opening(among: openings))
        arrival.address = "bridge \(bridge)"
        try channel.pipeline.syncOperations.addHandler(
            Connection(shared: self, security: .bridge(bridge), arrival: arrival, eventLoop: channel.eventLoop))
    }

    /// What holds for a session: a bridge is not told how long it may be away, nor how fast the other broker may be.
    func sessionLimits(for security: Security) -> SessionLimits {
        guard case .bridge = security else { return sessionLimits }
        var limits = sessionLimits
        limits.sessionExpiryInterval = .never
        limits.receiveMaximum = .max
        limits.countsRepeatedReleases = true
        return limits
    }

    /// Ends the sessions of bridges that the configuration no longer has: nobody would ever take from their queues.
    func endSessionsOfFormerBridges() {
        let owners = Set(settings.bridges.map { Principal.bridge($0.name).name })
        let prefix = Principal.bridge("").name
        for client in sessions.all where client.key.owner.hasPrefix(prefix) && !owners.contains(client.key.owner) {
            logger.notice("the session of a bridge that is gone has ended", metadata: ["bridge": "\(client.key.owner)"])
            end(client)
        }
    }
}

extension Connection {
    /// Steps two to four, in the name of who speaks: the peer, or the device that a bridge brings something of.
    func take(
        _ publication: ArrivedPublication, from peer: Peer, at now: Timestamp, with change: Keeping?
    ) -> Refusal? {
        guard case .bridge = security else {
            return intake.take(publication, from: peer.principal, at: now, with: change)
        }
        let topic = String(decoding: publication.topicName, as: UTF8.self)
        switch shared.path.speaker(on: topic, through: peer.principal) {
        case .failure(let refusal): return refusal
        case .success(let speaker): return intake.take(publication, from: speaker, at: now, with: change)
        }
    }

    /// Whether a publication that could not be committed ends the connection, so that its sender keeps it: 3.1.1 has no
    /// answer for it, and the other broker of a bridge would take the answer for its message's end.
    func endsWhenNothingCanBeKept(_ peer: Peer) -> Bool {
        if case .bridge = security { return true }
        return peer.version == .v3_1_1
    }

    /// The peer's queue is full, and a message was left out. A bridge stays: to take its link away would only make it slower.
    func overflowed() {
        if case .bridge = security { return }
        disconnect(because: .quotaExceeded)
    }

    /// What a peer may be given of what it may subscribe to.
    func readingPermit(of principal: Principal) -> Permit {
        if case .bridge(let name) = security {
            let filter = shared.settings.bridges.first { $0.name == name }?.plan.outward.first?.localFilter.text
            let permit = filter.flatMap { try? shared.path.authorise(principal, .subscribe(filter: $0)).get() }
            return permit ?? Permit(obligations: [.redact(above: .public)])
        }
        // A peer that may subscribe to nothing may still publish: its permit is then the empty one.
        let least = Permit(obligations: principal.isNamedService ? [.redact(above: .public)] : [])
        return (try? shared.path.authorise(principal, .subscribe(filter: "#")).get()) ?? least
    }
}
