import CityModel
import CityPath
import Logging
import MQTTPackets
import MQTTSessions
import NIOCore
import NIOSSL
import PKI

/// CONNECT: who is this, and may they be here?
extension Connection {
    /// Answers CONNECT with CONNACK (MQTT 5.0 §3.2), and opens the connection or closes it.
    func accept(_ connect: Connect) {
        switch identify(connect) {
        case .failure(let refusal): turnAway(connect, refusal)
        case .success(let principal):
            open(connect, principal, readingPermit(of: principal))
        }
    }

    /// What let the peer in has changed.
    func identifyAgain() {
        guard case .open(let peer) = state else { return }
        switch identify() {
        case .success(peer.principal): return
        case .success: disconnect(because: .administrativeAction, "the account has another role now: connect again")
        case .failure(let refusal):
            shared.path.record(refusal, by: peer.principal, from: address)
            disconnect(because: .notAuthorized, refusal.message, closing: closingWithoutIdentity)
        }
    }

    /// Who the peer is, by what it has presented.
    ///
    /// - Parameter connect: Brings the token of a peer without a certificate; nil when the peer is known already.
    /// - Returns: The principal, or the refusal for the record.
    private func identify(_ connect: Connect? = nil) -> Result<Principal, Refusal> {
        if case .bridge(let name) = security { return .success(.bridge(name)) }
        guard case .mutualTLS = security else { return .success(.laboratory) }
        // A resumed TLS session is not verified again by the handshake; the certificate it began with is.
        if handshake.identity == nil, let certificate = resumedCertificate,
            let refusal = handshake.refusal(of: certificate, by: shared.path)
        {
            return .failure(refusal)
        }
        if let identity = handshake.identity { return shared.path.identify.principal(of: identity, from: address) }
        if let connect, let refusal = signIn(with: connect) { return .failure(refusal) }
        guard let token else {
            return .failure(Refusal(step: .identify, code: .notIdentified, message: "nothing was presented"))
        }
        return shared.path.identify.principal(of: token)
    }

    private var resumedCertificate: NIOSSLCertificate? {
        guard let context else { return nil }
        return try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self).peerCertificate
    }

    private func turnAway(_ connect: Connect, _ refusal: Refusal) {
        shared.path.record(refusal, by: claimedPrincipal(refusal), from: address)
        var properties: Properties = []
        var (reason, words) = answer(to: refusal)
        if connect.version == .v5 { properties = [.reasonString(words)] }
        // What 3.1.1 has for a server that is busy is "unavailable" (3).
        if connect.version == .v3_1_1, reason == .serverBusy { reason = .serverUnavailable }
        // 3.1.1 has five return codes; what is none of them is "not authorized" (5).
        if connect.version == .v3_1_1, reason.connectReturnCode == nil { reason = .notAuthorized }
        send(.connack(Connack(reasonCode: reason, properties: properties)), version: connect.version)
        close()
    }

    /// Whom the record names: the certificate's device, although it may not act.
    private func claimedPrincipal(_ refusal: Refusal) -> Principal {
        guard let identity = handshake.identity, case .device(let agency, let id) = identity.spiffeID.role else {
            return .unknown(address)
        }
        return .device(DeviceIdentity(id: DeviceID(id), agency: AgencyID(agency), zone: ZoneID("")))
    }

    private func open(_ connect: Connect, _ principal: Principal, _ permit: Permit) {
        let assigned = connect.clientIdentifier.isEmpty ? shared.assignedIdentifier(number) : nil
        let identifier = assigned ?? connect.clientIdentifier
        let key = ClientKey(owner: principal.name, clientIdentifier: identifier)
        if let reason = reasonAgainst(connect, principal) ?? reasonAgainst(key, connect, principal) {
            send(.connack(Connack(reasonCode: reason)), version: connect.version)
            close()
            return
        }
        guard admit(connect, principal, identifier) else { return }
        let client = shared.sessions.session(key)
        let link = ClientSession.Link(connection: handle, address: address, highestClass: permit.highestClass)
        let terms = ConnectionTerms(
            owner: principal.name, number: client.number, limits: shared.sessionLimits(for: security))
        let (opening, displaced) = client.attach(connect, terms, link)
        displaced?.close(because: .sessionTakenOver)
        shared.relay.unsubscribe(client, from: opening.endedSubscriptions)
        if let will = opening.will { shared.publish(will, of: client, on: eventLoop) }
        state = .open(
            Peer(
                principal: principal, permit: permit, version: connect.version, client: client,
                maximumPacketBytes: connect.properties.maximumPacketSize ?? MQTTLimits.packetBytes,
                wantsReasons: connect.properties.requestProblemInformation ?? true))
        intake = Intake(shared: shared, scratch: scratch, publisher: client.number)
        if case .mutualTLS = security { meter = shared.meters.enter(principal.name) }
        arrival.opening.finish()
        closeWhenExpired()
        shared.city.metrics.connectionsChanged(by: 1)
        lookAgainIfByToken()
        let keepAlive = shared.keepAlive(for: connect, security)
        start(KeepAlive(interval: keepAlive, connectedAt: .now))
        if opening.sessionPresent { dropForbiddenSubscriptions(client, principal) }
        let connack = Connack(
            sessionPresent: opening.sessionPresent,
            properties: connackProperties(connect, principal, opening, keepAlive, assigned: assigned))
        answer(connack, connect.version, client)
    }

    /// CONNACK says what the session is from now on: when that has to be durable, it waits for it.
    private func answer(_ connack: Connack, _ version: ProtocolVersion, _ client: ClientSession) {
        var bytes = ByteBuffer()
        do throws(PacketEncodingError) {
            try Packet.connack(connack).encode(into: &bytes, version: version)
        } catch {
            // Reached by no CONNACK that is made here: names and numbers of the server's own.
            shared.logger.error("CONNACK cannot be written", metadata: ["error": "\(error)"])
            return close()
        }
        if client.isDurable {
            client.afterChanges { [handle, bytes] isCommitted in
                if isCommitted { handle.answerConnect(bytes) } else { handle.close(because: .serverUnavailable) }
            }
        } else {
            answerConnect(bytes)
        }
    }

    /// What of CONNECT itself the server does not accept.
    private func reasonAgainst(_ connect: Connect, _ principal: Principal) -> ReasonCode? {
        if connect.version == .v3_1_1, connect.clientIdentifier.isEmpty, !connect.cleanStart {
            // [3.1.1 MQTT-3.1.3-8]: no identifier, no session to keep.
            return .clientIdentifierNotValid
        }
        guard connect.clientIdentifier.utf8.count <= ListenerShared.clientIdentifierBytes else {
            return refuse(connect, principal, .clientIdentifierNotValid, "the client identifier is too long")
        }
        // Enhanced authentication (5.0 §4.12): there is no method that this server knows.
        if connect.properties.authenticationMethod != nil {
            return refuse(connect, principal, .badAuthenticationMethod, "no authentication method is supported")
        }
        if case .device(let device) = principal, let name = connect.userName, !device.answers(to: name) {
            return refuse(
                connect, principal, .badUserNameOrPassword,
                "user name `\(name)` is not that of the certificate, `\(device.id)`")
        }
        return nil
    }

    /// One principal does not fill the house with its sessions, connected or not.
    private func reasonAgainst(_ key: ClientKey, _ connect: Connect, _ principal: Principal) -> ReasonCode? {
        let limit = shared.settings.sessionsPerPrincipal
        guard case .mutualTLS = security, shared.sessions.wouldExceed(limit, with: key) else { return nil }
        shared.path.record(
            Refusal(
                step: .identify, code: .rateLimited,
                message: "the principal has \(limit) sessions, and may have no more"),
            by: principal, from: address)
        // What 3.1.1 has for it is "unavailable" (3).
        return connect.version == .v3_1_1 ? .serverUnavailable : .quotaExceeded
    }

    private func refuse(
        _ connect: Connect, _ principal: Principal, _ reason: ReasonCode, _ words: String
    ) -> ReasonCode {
        shared.path.record(Refusal(step: .identify, code: .unsupported, message: words), by: principal, from: address)
        return connect.version == .v3_1_1 && reason.connectReturnCode == nil ? .notAuthorized : reason
    }

    private var handle: ConnectionHandle {
        // Called while the handler is in its pipeline, where it has a context.
        guard let channel = context?.channel else { preconditionFailure("a connection opens outside of its pipeline") }
        return ConnectionHandle(
            number: number, channel: channel, connection: NIOLoopBound(self, eventLoop: eventLoop))
    }

    private func admit(_ connect: Connect, _ principal: Principal, _ identifier: String) -> Bool {
        guard context != nil else { return false }
        var device: DeviceID?
        if case .device(let identity) = principal { device = identity.id }
        let entry = ConnectionDirectory.Entry(
            number: number, device: device, certificateSerial: handshake.identity?.serialNumber,
            presence: ConnectionDirectory.Presence(address: address, since: shared.path.clock.now), handle: handle)
        switch shared.directory.admit(entry) {
        case .admitted:
            // The registry may have changed between the check and the entry: whoever revoked did not see us yet.
            if device != nil, case .failure(let refusal) = identify() {
                shared.directory.leave(number, at: shared.path.clock.now)
                turnAway(connect, refusal)
                return false
            }
            return true
        case .elsewhere(let first):
            if let device { shared.path.reportIdentityInTwoPlaces(device, first: first, second: address) }
            turnAway(
                connect,
                Refusal(
                    step: .identify, code: .identityInUse,
                    message: "the device is connected from \(first) already; one identity is in one place"))
            return false
        }
    }

    /// What was allowed when a session began may be forbidden when it goes on.
    private func dropForbiddenSubscriptions(_ client: ClientSession, _ principal: Principal) {
        for filter in client.look({ Array($0.subscriptions.keys) }) {
            let text = String(decoding: filter.matchedFilter, as: UTF8.self)
            guard case .failure(let refusal) = shared.path.authorise(principal, .subscribe(filter: text)) else {
                continue
            }
            shared.path.record(refusal, by: principal, from: address)
            shared.relay.unsubscribe(client, from: [filter])
            _ = client.update(for: number) { session, outbox in session.unsubscribe(filter, into: &outbox) }
        }
    }

    private func connackProperties(
        _ connect: Connect, _ principal: Principal, _ opening: SessionOpening, _ keepAlive: Duration, assigned: String?
    ) -> Properties {
        guard connect.version == .v5 else { return [] }
        let limits = shared.sessionLimits(for: security)
        var properties: Properties = [
            .receiveMaximum(limits.receiveMaximum),
            .maximumPacketSize(bytes: UInt32(shared.settings.maximumPacketBytes)),
            .topicAliasMaximum(limits.topicAliasesFromClient),
        ]
        if let assigned { properties.list.append(.assignedClientIdentifier(assigned)) }
        if opening.isExpiryReduced { properties.list.append(.sessionExpiryInterval(seconds: opening.expiry.seconds)) }
        if keepAlive != connect.keepAlive {
            properties.list.append(.serverKeepAlive(seconds: UInt16(clamping: keepAlive.components.seconds)))
        }
        if connect.properties.requestResponseInformation == true {
            properties.list.append(.responseInformation(shared.responseTopics(of: principal, number)))
        }
        return properties
    }
}

extension Principal {
    var isNamedService: Bool {
        if case .namedService = self { true } else { false }
    }
}

extension DeviceIdentity {
    /// Whether a user name is the device's: its id, with or without its agency. The certificate counts; the name may say
    /// the same or nothing.
    fileprivate func answers(to userName: String) -> Bool {
        userName.isEmpty || userName == id.text || userName == "\(agency)/\(id)"
    }
}

extension Refusal.Code {
    /// What CONNACK says of a refusal (MQTT 5.0 §3.2.2.2).
    var connackReason: ReasonCode {
        switch self {
        case .deviceRevoked: .banned
        case .unavailable: .serverUnavailable
        case .rateLimited: .serverBusy
        case .notIdentified, .certificateExpired, .certificateUntrusted, .certificateNameless, .deviceUnknown,
            .deviceSuspended, .certificateSuperseded, .credentialsWrong, .notPermitted, .topicNotOwn, .entityNotOwn,
            .zoneMismatch, .malformedPacket, .tooLarge, .malformedPayload, .unitMismatch, .outOfRange, .timeOutOfRange,
            .attributeUnknown, .unsupported, .identityInUse, .purposeUnknown:
            .notAuthorized
        }
    }

    /// What PUBACK says of a refusal (MQTT 5.0 §3.4.2.1).
    var pubackReason: ReasonCode {
        switch self {
        case .topicNotOwn: .topicNameInvalid
        case .malformedPayload, .unitMismatch, .outOfRange, .timeOutOfRange, .attributeUnknown, .unsupported,
            .malformedPacket:
            .payloadFormatInvalid
        case .unavailable, .rateLimited, .tooLarge: .quotaExceeded
        case .notIdentified, .certificateExpired, .certificateUntrusted, .certificateNameless, .deviceUnknown,
            .deviceSuspended, .deviceRevoked, .certificateSuperseded, .credentialsWrong, .notPermitted, .entityNotOwn,
            .zoneMismatch, .identityInUse, .purposeUnknown:
            .notAuthorized
        }
    }
}
