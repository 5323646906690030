import CityContext
import CityIdentity
public import CityModel
public import Foundation
public import PKI
import Synchronization

/// What an operator asks of the city when a device is to be enrolled.
public struct EnrolmentRequest: Sendable, Hashable {
    /// The device's name: 1 to 64 letters, digits, `.`, `_`, `-`.
    public var id: String
    /// Who owns it.
    public var agency: String
    /// Where it may act.
    public var zone: String
    /// How its small JSON is read: a device type of the catalogue.
    public var deviceType: String
    /// What people call it.
    public var displayName: String?
    /// Where it stands.
    public var location: GeoPoint?
    /// The entities it may write; empty for one made of the device type's entity type and the device's name.
    public var entities: [String]
    /// How many days its certificate is good for.
    public var validityDays: Int
    /// Whether a device of this name, if there is one, gets a new certificate and the old one ends.
    public var replacesExisting: Bool

    /// A request with the usual answers: zone `street`, type `sensor`, 397 days.
    public init(
        id: String, agency: String = "city", zone: String = "street", deviceType: String = "sensor",
        displayName: String? = nil, location: GeoPoint? = nil, entities: [String] = [], validityDays: Int = 397,
        replacesExisting: Bool = false
    ) {
        self.id = id
        self.agency = agency
        self.zone = zone
        self.deviceType = deviceType
        self.displayName = displayName
        self.location = location
        self.entities = entities
        self.validityDays = validityDays
        self.replacesExisting = replacesExisting
    }
}

/// An enrolled device with all that it needs, each a PEM text. The city keeps no copy of the key.
public struct EnrolledDevice: Sendable {
    /// The registry's record.
    public let record: DeviceRecord
    /// Its private key.
    public let keyPEM: String
    /// Its certificate followed by the issuing one: what it presents.
    public let certificatePEM: String
    /// The city's root certificate: what it trusts.
    public let authorityPEM: String
}

extension City {
    /// Enrols a device: checks the request, issues a certificate, and commits the record and what it says of itself.
    ///
    /// - Parameters:
    ///   - request: What is asked.
    ///   - authority: The city's certificate authority.
    ///   - principal: Who asks; needs ``Action/manageDevices``.
    /// - Returns: The device, durable in the registry; or why not.
    public func enrol(
        _ request: EnrolmentRequest, with authority: CertificateAuthority, by principal: Principal
    ) async -> Result<EnrolledDevice, Refusal> {
        if case .failure(let refusal) = path.authorise(principal, .manageDevices) { return .failure(refusal) }
        let entities: [String]
        switch check(request) {
        case .success(let checked): entities = checked
        case .failure(let refusal): return .failure(refusal)
        }
        return await exclusively([request.id] + entities) {
            // Again: somebody else may have been quicker.
            if case .failure(let refusal) = check(request) { return .failure(refusal) }
            return await enrol(request, entities, with: authority)
        }
    }

    private func enrol(
        _ request: EnrolmentRequest, _ entities: [String], with authority: CertificateAuthority
    ) async -> Result<EnrolledDevice, Refusal> {
        let key = SigningKey()
        let now = clock.now
        let certificate: CertificateDocument
        do {
            certificate = try authority.issueDevice(
                try SPIFFEID.device(request.id, agency: request.agency, trustDomain: authority.trustDomain),
                publicKey: key.publicKey, validity: .seconds(request.validityDays * 86_400), now: now.date)
        } catch {
            return .failure(.malformed("no certificate can be issued: \(error)"))
        }
        let record = DeviceRecord(
            id: DeviceID(request.id), agency: AgencyID(request.agency), zone: ZoneID(request.zone),
            deviceType: request.deviceType, displayName: request.displayName, location: request.location,
            entities: entities.map { EntityID($0) }, certificateSerial: certificate.serialNumber,
            certificateNotAfter: Timestamp(certificate.notAfter), status: .active, enrolledAt: now, statusChangedAt: now
        )
        let committed = await path.committed(observations: statements(of: record, at: now), events: [.device(record)])
        return committed.map { _ in
            EnrolledDevice(
                record: record, keyPEM: key.pem, certificatePEM: certificate.pem + authority.chainPEM,
                authorityPEM: authority.root.pem)
        }
    }

    /// Runs `body` while nobody else changes one of these devices or entities; refuses when somebody does.
    private func exclusively<Success>(
        _ names: [String], _ body: () async -> Result<Success, Refusal>
    ) async -> Result<Success, Refusal> {
        if let refusal = claim(names) { return .failure(refusal) }
        defer { release(names) }
        return await body()
    }

    /// Reserves devices, entities or accounts for one change, or answers that somebody else is at it.
    func claim(_ names: [String]) -> Refusal? {
        let isFree = changing.withLock { changing in
            guard changing.isDisjoint(with: names) else { return false }
            changing.formUnion(names)
            return true
        }
        return isFree
            ? nil
            : Refusal(
                step: .commit, code: .unavailable,
                message: "somebody else is changing `\(names[0])` at this moment: try again")
    }

    func release(_ names: [String]) { changing.withLock { $0.subtract(names) } }

    private func check(_ request: EnrolmentRequest) -> Result<[String], Refusal> {
        for (what, name) in [("device", request.id), ("agency", request.agency), ("zone", request.zone)] {
            guard DeviceID.isPlainName(name) else {
                return .failure(
                    .malformed(
                        "`\(name)` cannot name a \(what): use 1 to 64 letters, digits, `.`, `_` or `-`, the first a "
                            + "letter or digit"))
            }
        }
        guard let type = catalogue.deviceTypes[request.deviceType] else {
            let known = catalogue.deviceTypes.keys.sorted().joined(separator: ", ")
            return .failure(.malformed("no device type `\(request.deviceType)` in the catalogue; there are \(known)"))
        }
        guard (1...3_650).contains(request.validityDays) else {
            return .failure(.malformed("a certificate is good for 1 to 3650 days, not \(request.validityDays)"))
        }
        if let place = request.location,
            !(-180...180).contains(place.longitude) || !(-90...90).contains(place.latitude)
        {
            return .failure(.malformed("longitude must lie within ±180 and latitude within ±90 degrees"))
        }
        if let existing = views.registry.device(DeviceID(request.id)), !request.replacesExisting {
            return .failure(
                .malformed("device `\(existing.id)` is enrolled already; `--replace` gives it a new certificate"))
        }
        let entities = request.entities.isEmpty ? ["urn:ngsi-ld:\(type.entityType):\(request.id)"] : request.entities
        for entity in entities {
            guard let colon = entity.firstIndex(of: ":"), colon != entity.startIndex, entity.utf8.count <= 512,
                entity.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !City.notInURIs.contains($0) })
            else {
                return .failure(
                    .malformed("`\(entity)` is not a URI: an entity's id looks like `urn:ngsi-ld:Type:name`"))
            }
            if let owner = views.registry.owner(of: EntityID(entity)), owner.text != request.id {
                return .failure(.malformed("entity `\(entity)` belongs to device `\(owner)`"))
            }
        }
        return .success(entities)
    }

    /// Printable characters that no URI has (RFC 3986 appendix A).
    private static let notInURIs = Set("\"<>\\^`{|}".utf8)

    /// What the registry knows of a device's first entity: its name and place.
    private func statements(of record: DeviceRecord, at now: Timestamp) -> [Observation] {
        guard let entity = record.entities.first,
            let type = catalogue.deviceTypes[record.deviceType]?.entityType
        else { return [] }
        var statements = [
            path.understand.statement(
                .text(record.displayName ?? record.id.text), as: "name", of: entity, type: type, device: record, at: now
            )
        ]
        if let place = record.location {
            let point = "{\"type\":\"Point\",\"coordinates\":[\(place.longitude),\(place.latitude)]}"
            statements.append(
                path.understand.statement(
                    .geometry(json: point), as: "location", of: entity, type: type, device: record, at: now))
        }
        return statements
    }

    /// Suspends, resumes or revokes a device. Its live connection is closed as soon as this is durable.
    ///
    /// - Returns: The record as it is now; or why not: an unknown device, a revoked one, no right to.
    public func setStatus(
        _ status: DeviceStatus, of device: DeviceID, reason: String?, by principal: Principal
    ) async -> Result<DeviceRecord, Refusal> {
        if case .failure(let refusal) = path.authorise(principal, .manageDevices) { return .failure(refusal) }
        return await exclusively([device.text]) { await setStatus(status, of: device, reason: reason) }
    }

    private func setStatus(
        _ status: DeviceStatus, of device: DeviceID, reason: String?
    ) async -> Result<DeviceRecord, Refusal> {
        guard var record = views.registry.device(device) else {
            return .failure(
                Refusal(step: .understand, code: .deviceUnknown, message: "no device `\(device)` is registered"))
        }
        guard record.status != .revoked || status == .revoked else {
            return .failure(
                Refusal(
                    step: .understand, code: .deviceRevoked,
                    message: "device `\(device)` is revoked for good: enrol it anew with `bastide device add --replace`"
                ))
        }
        record.status = status
        record.statusReason = reason.map { String($0.prefix(500)) }
        record.statusChangedAt = clock.now
        return await path.committed(events: [.device(record)]).map { _ in record }
    }

    /// Acknowledges an alert.
    ///
    /// - Returns: The alert as it is now; or why not.
    public func acknowledge(
        _ alert: UInt64, note: String?, by principal: Principal
    ) async -> Result<AlertRecord, Refusal> {
        if case .failure(let refusal) = path.authorise(principal, .acknowledgeAlerts) { return .failure(refusal) }
        guard let known = views.alerts.alert(alert) else {
            return .failure(Refusal(step: .understand, code: .malformedPayload, message: "there is no alert \(alert)"))
        }
        guard known.acknowledgedAt == nil else { return .success(known) }
        let acknowledgement = Acknowledgement(
            alert: alert, by: principal.name, at: clock.now, note: note.map { String($0.prefix(2_000)) })
        return await path.committed(events: [.alertAcknowledged(acknowledgement)])
            .map { _ in views.alerts.alert(alert) ?? known }
    }
}

extension Timestamp {
    /// The moment of a `Date`, to the microsecond.
    public init(_ date: Date) {
        self.init(microseconds: Int64((date.timeIntervalSince1970 * 1_000_000).rounded()))
    }

    /// The moment as a `Date`.
    public var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }
}

extension CityClock {
    /// The operating system's clock.
    public static let system = CityClock { Timestamp(Date()) }
}
