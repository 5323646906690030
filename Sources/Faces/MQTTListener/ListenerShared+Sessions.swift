import CityIdentity
import CityModel
import CityPath
import CityStorage
import Logging
import MQTTPackets
import MQTTSessions
import NIOCore

/// What becomes of sessions without a connection: wills, ends, and the way back after a restart.
extension ListenerShared {
    /// The longest client identifier, in bytes; the standard asks for 23 at least [MQTT-3.1.3-5].
    static let clientIdentifierBytes = 1_024

    /// An identifier for a client that has none [MQTT-3.1.3-6].
    func assignedIdentifier(_ number: UInt64) -> String {
        "bastide-\(path.clock.now.microseconds)-\(number)"
    }

    /// The keep-alive to go by: the client's, or the server's if that is less (5.0 §3.2.2.3.14).
    func keepAlive(for connect: Connect, _ security: Security) -> Duration {
        guard connect.version == .v5 else { return connect.keepAlive }
        // A bridge does not fall silent without the program.
        if case .bridge = security { return .zero }
        let asked = connect.keepAlive
        var longest = settings.longestKeepAlive
        // Conformance suites want to see that a server can ask for less.
        if case .laboratory = security { longest = min(longest, .seconds(60)) }
        return asked == .zero || asked > longest ? longest : asked
    }

    /// Below which topics a client may have answers sent to it (5.0 §3.1.2.11.6).
    func responseTopics(of principal: Principal, _ number: UInt64) -> String {
        guard case .device(let device) = principal else { return "response/\(number)/" }
        return path.topics.topic(of: device.id, agency: device.agency, channel: "\(TopicScheme.application)/response/")
    }

    // MARK: Ends

    /// A connection is over: publishes the will that is due now, forgets the session that has ended, or waits.
    func finish(_ closing: SessionClosing, of client: ClientSession, on loop: any EventLoop) {
        relay.unsubscribe(client, from: closing.endedSubscriptions)
        if closing.hasEnded { sessions.forget(client) }
        if let will = closing.will { publish(will, of: client, on: loop) }
        if !closing.hasEnded { wait(for: client, on: loop) }
    }

    /// Comes back to a session without a connection when its next deadline is due.
    func wait(for client: ClientSession, on loop: any EventLoop) {
        guard let deadline = client.nextDeadline else { return }
        let delay = client.now.duration(to: deadline)
        // Far deadlines are looked at again before: a timer cannot wait for centuries.
        let seconds = min(max(delay / .seconds(1), 0), 86_400)
        client.schedule(
            loop.scheduleTask(in: .microseconds(Int64(seconds * 1_000_000) + 1)) { [self] in
                guard let closing = client.deadlinePassed() else { return }
                finish(closing, of: client, on: loop)
            })
    }

    /// Publishes a will (MQTT 5.0 §3.1.2.5). It walks the path like any publication, in the name of whom it is of: who may
    /// not speak any more does not speak through a will either.
    func publish(_ will: SessionWill, of client: ClientSession, on loop: any EventLoop) {
        loop.execute { [self] in
            var intake = Intake(shared: self, scratch: scratch(of: loop), publisher: client.number)
            guard let principal = principal(named: client.key.owner) else {
                let refusal = Refusal(
                    step: .identify, code: .notIdentified,
                    message: "the will of `\(client.key.owner)` is not published: it may not act any more")
                return path.record(refusal, by: .unknown(client.key.owner), from: "will")
            }
            if let refusal = take(will, from: principal, into: &intake) {
                return path.record(refusal, by: principal, from: "will")
            }
            submit(intake.takeGathered(), on: loop) { [self] refusal in
                if let refusal { path.record(refusal, by: principal, from: "will") }
            }
        }
    }

    private func take(_ will: SessionWill, from principal: Principal, into intake: inout Intake) -> Refusal? {
        let properties = will.properties
        return will.topicName.withUnsafeBytes { topicName in
            will.payload.withUnsafeReadableBytes { payload in
                intake.take(
                    ArrivedPublication(
                        topicName: topicName, payload: payload, properties: properties, qos: will.qos,
                        retain: will.retain), from: principal, at: path.clock.now)
            }
        }
    }

    /// The principal that records call by this name, if it may act now.
    func principal(named name: String) -> Principal? {
        if name == Principal.laboratory.name { return .laboratory }
        if let bridge = settings.bridges.first(where: { Principal.bridge($0.name).name == name }) {
            return .bridge(bridge.name)
        }
        if name.hasPrefix("device/") {
            guard let record = city.views.registry.device(DeviceID(String(name.dropFirst("device/".count)))),
                record.status == .active
            else { return nil }
            return .device(DeviceIdentity(id: record.id, agency: record.agency, zone: record.zone))
        }
        if name.hasPrefix("person/") {
            return (try? city.accounts.person(String(name.dropFirst("person/".count)))).flatMap { $0 }.map(
                Principal.person)
        }
        if name.hasPrefix("namedService/") {
            let service = NamedService(name: String(name.dropFirst("namedService/".count)))
            return city.tokens.isKnown(service) ? .namedService(service) : nil
        }
        return nil
    }

    // MARK: Revocation

    /// A device's record has changed: closes what may not go on, and ends the sessions of one that is revoked.
    func registryChanged(_ record: DeviceRecord, on loop: any EventLoop) {
        directory.close(unlessIn: record, because: .administrativeAction)
        guard record.status == .revoked else { return }
        let owner = Principal.device(DeviceIdentity(id: record.id, agency: record.agency, zone: record.zone)).name
        for client in sessions.all where client.key.owner == owner { end(client) }
    }

    /// An account, or the tokens of a person or service, have changed: closes connections that certificate, token or role
    /// no longer opens. Sessions of an owner who is no more end.
    func standingChanged(of owner: String) {
        let isGone = principal(named: owner) == nil
        for client in sessions.all where client.key.owner == owner {
            if isGone { end(client) } else { client.connection?.identifyAgain() }
        }
    }

    /// Ends a session by administrative action; its will is not published.
    func end(_ client: ClientSession) {
        let (closing, connection) = client.end()
        connection?.close(because: .administrativeAction)
        relay.unsubscribe(client, from: closing.endedSubscriptions)
        sessions.forget(client)
    }

    // MARK: After a restart

    /// Brings sessions and retained messages back. Called once, before anyone can connect.
    ///
    /// - Throws: `StorageError` when what was kept cannot be read.
    func restore(on loop: any EventLoop) throws {
        let now = SessionInstant(path.clock.now)
        let restored = sessions.restore(
            try city.keepings(under: Keeping.sessions), limits: sessionLimits,
            classOf: { owner in
                if owner.hasPrefix("namedService/") { return .public }
                return owner.hasPrefix("person/") ? .restricted : .sensitive
            })
        for problem in restored.problems {
            logger.error("a record of an MQTT session cannot be read", metadata: ["error": "\(problem)"])
        }
        let expired = relay.retained.restore(try city.keepings(under: Keeping.retained), at: now)
        for client in restored.sessions {
            for (filter, grant) in client.look({ $0.subscriptions }) { relay.subscribe(client, to: filter, grant) }
            wait(for: client, on: loop)
        }
        endSessionsOfFormerBridges()
        var changes = AcceptedChanges { [logger] result in
            guard case .failure(let refusal) = result else { return }
            logger.warning("sessions were not tidied", metadata: ["reason": "\(refusal.message)"])
        }
        changes.keepings = restored.keepings + expired.map { Keeping(key: $0, value: nil) }
        if !changes.isEmpty, let refusal = path.commit(changes) {
            logger.warning("sessions were not tidied", metadata: ["reason": "\(refusal.message)"])
        }
    }
}
