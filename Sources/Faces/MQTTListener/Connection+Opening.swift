import CityModel
import CityPath
import MQTTPackets
import NIOCore
import NIOSSL
import PKI

/// CONNECT: who is this, and may they be here?
extension Connection {
    /// Answers CONNECT with CONNACK (MQTT 5.0 §3.2), and opens the connection or closes it.
    func accept(_ connect: Connect) {
        switch identify() {
        case .failure(let refusal): turnAway(connect, refusal)
        case .success(let principal):
            // A peer that may subscribe to nothing may still publish: its permit is then the empty one.
            let permit = (try? shared.path.authorise(principal, .subscribe(filter: "#")).get()) ?? Permit()
            open(connect, principal, permit)
        }
    }

    private func identify() -> Result<Principal, Refusal> {
        guard case .mutualTLS = security else { return .success(.laboratory) }
        // A resumed TLS session is not verified again by the handshake; the certificate it began with is.
        guard let identity = handshake.identity ?? resumedIdentity() else {
            return .failure(
                Refusal(step: .identify, code: .notIdentified, message: "no client certificate was presented"))
        }
        return shared.path.identify.principal(of: identity, from: address)
    }

    private func resumedIdentity() -> TrustedIdentity? {
        guard let context,
            let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self),
            let certificate = tls.peerCertificate, handshake.judge([certificate], by: shared.path)
        else { return nil }
        return handshake.identity
    }

    private func turnAway(_ connect: Connect, _ refusal: Refusal) {
        shared.path.record(refusal, by: claimedPrincipal(refusal), from: address)
        var properties: Properties = []
        if connect.version == .v5 { properties = [.reasonString(refusal.message)] }
        var reason = refusal.code.connackReason
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
        guard connect.version == .v5 || !connect.clientIdentifier.isEmpty || connect.cleanStart else {
            // 3.1.1 [MQTT-3.1.3-8]: no identifier, no session to keep.
            send(.connack(Connack(reasonCode: .clientIdentifierNotValid)), version: connect.version)
            close()
            return
        }
        if let will = connect.will, will.qos == .exactlyOnce {
            let refusal = Refusal(
                step: .understand, code: .unsupported, message: "a will at QoS 2 is not supported: Maximum QoS is 1")
            shared.path.record(refusal, by: principal, from: address)
            // 3.1.1 has no return code for it; the connection is closed without one.
            if connect.version == .v5 { send(.connack(Connack(reasonCode: .qosNotSupported)), version: .v5) }
            close()
            return
        }
        let assigned = connect.clientIdentifier.isEmpty ? "bastide-\(number)" : nil
        let identifier = assigned ?? connect.clientIdentifier
        guard admit(connect, principal, identifier) else { return }
        state = .open(
            Peer(
                principal: principal, permit: permit, version: connect.version, clientIdentifier: identifier,
                receiveMaximum: Int(connect.properties.receiveMaximum ?? .max),
                maximumPacketBytes: connect.properties.maximumPacketSize ?? MQTTLimits.packetBytes,
                wantsReasons: connect.properties.requestProblemInformation ?? true, will: connect.will))
        shared.city.metrics.connectionsChanged(by: 1)
        start(KeepAlive(interval: connect.keepAlive, connectedAt: .now))
        send(
            .connack(Connack(properties: connackProperties(connect, assigned: assigned))), version: connect.version)
    }

    private func admit(_ connect: Connect, _ principal: Principal, _ identifier: String) -> Bool {
        guard let context else { return false }
        var device: DeviceID?
        if case .device(let identity) = principal { device = identity.id }
        let handle = ConnectionHandle(
            number: number, channel: context.channel, connection: NIOLoopBound(self, eventLoop: eventLoop))
        let entry = ConnectionDirectory.Entry(
            number: number, key: "\(principal.name) \(identifier)", device: device,
            certificateSerial: handshake.identity?.serialNumber,
            presence: ConnectionDirectory.Presence(address: address, since: shared.path.clock.now), handle: handle)
        switch shared.directory.admit(entry) {
        case .admitted(let displaced):
            displaced?.close(because: .sessionTakenOver)
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
                    step: .identify, code: .zoneMismatch,
                    message: "the device is connected from \(first) already; one identity is in one place"))
            return false
        }
    }

    private func connackProperties(_ connect: Connect, assigned: String?) -> Properties {
        guard connect.version == .v5 else { return [] }
        var properties: Properties = [
            .receiveMaximum(shared.settings.receiveMaximum), .maximumQoS(.atLeastOnce),
            .maximumPacketSize(bytes: UInt32(shared.settings.maximumPacketBytes)),
            .subscriptionIdentifierAvailable(false),
            .sharedSubscriptionAvailable(false),
        ]
        if let assigned { properties.list.append(.assignedClientIdentifier(assigned)) }
        if connect.properties.sessionExpiryInterval ?? .zero > .zero {
            properties.list.append(.sessionExpiryInterval(seconds: 0))
        }
        return properties
    }
}

extension Refusal.Code {
    /// What CONNACK says of a refusal (MQTT 5.0 §3.2.2.2).
    fileprivate var connackReason: ReasonCode {
        switch self {
        case .deviceRevoked: .banned
        case .unavailable: .serverUnavailable
        case .rateLimited: .serverBusy
        case .notIdentified, .certificateExpired, .certificateUntrusted, .certificateNameless, .deviceUnknown,
            .deviceSuspended, .certificateSuperseded, .credentialsWrong, .notPermitted, .topicNotOwn, .entityNotOwn,
            .zoneMismatch, .malformedPacket, .tooLarge, .malformedPayload, .unitMismatch, .outOfRange, .timeOutOfRange,
            .attributeUnknown, .unsupported:
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
            .zoneMismatch:
            .notAuthorized
        }
    }
}
