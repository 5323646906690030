import ArgumentParser
import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Logging
import PKI
import TransparencyLog

/// A city that nobody serves, opened for one command. While it is open nobody else can open it.
struct ClosedCity: CityClient {
    private let city: City
    private let configuration: CityConfiguration
    private let authority: CertificateAuthority
    private let principal = Principal.service("local:\(getuid())")

    init(_ directory: CityDirectory) throws {
        let opened = try CityAccess.open(directory, logger: .program())
        city = opened.city
        configuration = opened.configuration
        authority = opened.certificates.authority
    }

    var isRunning: Bool { false }

    func status() async throws -> StatusView {
        let views = city.views
        return StatusView(
            city: configuration.cityName, domain: configuration.domain, version: Bastide.configuration.version,
            running: false, simulated: configuration.isSimulation, devicesRegistered: views.registry.count,
            devicesConnected: 0, entities: views.twin.count, openAlerts: views.alerts.openCount,
            refusalsLastHour: views.refusals.count(since: city.clock.now - .seconds(3_600)),
            ledgerSize: city.ledger.size,
            storage: StatusView.Storage(
                ok: city.storageProblem == nil, problem: city.storageProblem, journalBytes: city.journalBytes))
    }

    func devices(_ filter: DeviceFilter) async throws -> [DeviceView] {
        try require(.readOperations)
        return city.views.registry.all().filter { record in
            (filter.status == nil || record.status == filter.status)
                && (filter.agency == nil || record.agency.text == filter.agency)
                && (filter.type == nil || record.deviceType == filter.type)
        }.map(view)
    }

    func device(_ id: String) async throws -> DeviceView {
        try require(.readOperations)
        guard let record = city.views.registry.device(DeviceID(id)) else {
            throw Refusal(step: .understand, code: .deviceUnknown, message: "no device `\(id)` is registered")
        }
        return view(record)
    }

    func enrol(_ request: EnrolmentRequest) async throws -> EnrolledView {
        let enrolled = try await city.enrol(request, with: authority, by: principal).get()
        return EnrolledView(
            device: view(enrolled.record), keyPEM: enrolled.keyPEM, certificatePEM: enrolled.certificatePEM,
            authorityPEM: enrolled.authorityPEM)
    }

    func setStatus(_ change: DeviceChange, of device: String, reason: String?) async throws -> DeviceView {
        view(try await city.setStatus(change.status, of: DeviceID(device), reason: reason, by: principal).get())
    }

    func alerts(status: String, severity: String?, limit: Int) async throws -> AlertPage {
        try require(.readOperations)
        let book = city.views.alerts
        let all = book.newest(AlertBook.bound) { alert in
            (status == "all" || (alert.acknowledgedAt == nil) == (status == "open"))
                && (severity == nil || alert.severity.rawValue == severity)
        }
        return AlertPage(items: all.prefix(limit).map { AlertView($0) }, total: all.count, open: book.openCount)
    }

    func acknowledge(_ alert: UInt64, note: String?) async throws -> AlertView {
        AlertView(try await city.acknowledge(alert, note: note, by: principal).get())
    }

    func refusals(code: String?, principal: String?, limit: Int) async throws -> [RefusalView] {
        try require(.readOperations)
        return city.views.refusals.newest(limit) { record in
            (code == nil || record.code.rawValue == code) && (principal == nil || record.principal == principal)
        }.map { RefusalView($0) }
    }

    func entities(type: String?, limit: Int) async throws -> [EntityView] {
        let permit = try city.path.authorise(principal, .readEntities).get()
        let twin = city.views.twin
        let chosen = Array(twin.index().filter { type == nil || $0.type == type }.prefix(limit))
        return try chosen.map { try EntityView(twin.entity(at: $0.place), upTo: permit.highestClass) }
    }

    func entity(_ id: String) async throws -> EntityView {
        let permit = try city.path.authorise(principal, .readEntities).get()
        guard let state = city.views.twin.entity(EntityID(id)) else {
            throw CommandFailure(.failed, "there is no entity `\(id)`: `bastide entity list` lists them")
        }
        return try EntityView(state, upTo: permit.highestClass)
    }

    func operators() async throws -> [OperatorView] {
        try require(.manageAccounts)
        return try city.accounts.all().map { OperatorView(name: $0.name, role: $0.role.rawValue) }
    }

    func setOperator(_ name: String, role: PersonRole, password: String?) async throws -> OperatorView {
        let chosen = password ?? PasswordMaker.make()
        try await city.setAccount(name, password: chosen, role: role, by: principal)
        return OperatorView(name: name, role: role.rawValue, password: password == nil ? chosen : nil)
    }

    func removeOperator(_ name: String) async throws {
        guard try await city.removeAccount(name, by: principal) else {
            throw CommandFailure(.failed, "there is no account `\(name)`")
        }
    }

    func operatorCertificate(_ name: String, agency: String, validityDays: Int) async throws -> CertificateView {
        let issued = try await city.issueOperatorCertificate(
            to: name, agency: agency, validityDays: validityDays, with: authority, by: principal
        ).get()
        return CertificateView(
            keyPEM: issued.keyPEM, certificatePEM: issued.certificatePEM, authorityPEM: issued.authorityPEM)
    }

    func mqttSessions(owner: String?, connected: Bool?) async throws -> [MQTTSessionView] { throw notServed }

    func disconnect(owner: String, client: String, endsSession: Bool) async throws { throw notServed }

    private var notServed: CommandFailure {
        CommandFailure(.unavailable, "the city is not served: nobody is connected to it (`bastide serve`)")
    }

    func tokens() async throws -> [TokenView] {
        try require(.manageAccounts)
        return city.tokens.all().map { TokenView($0) }
    }

    func addToken(to owner: TokenOwner, note: String, validityDays: Int) async throws -> TokenView {
        let issued = try await city.issueToken(to: owner, note: note, validityDays: validityDays, by: principal)
        return TokenView(issued.record, token: issued.text.revealed)
    }

    func revokeToken(_ id: String) async throws {
        guard try await city.revokeToken(id, by: principal) else {
            throw CommandFailure(.failed, "there is no token `\(id)`")
        }
    }

    func ledger() async throws -> LedgerView {
        try require(.readLedger)
        let checkpoint = city.ledger.checkpoint()
        return LedgerView(
            origin: city.ledger.origin, size: checkpoint.size, rootHash: checkpoint.rootHash.base64,
            checkpoint: checkpoint.note, verifierKey: city.ledger.verifierKey)
    }

    func proof(of attribute: String, of entity: String, at time: Timestamp?) async throws -> NestedProof {
        try require(.readLedger)
        return try city.proof(of: attribute, of: EntityID(entity), observedAt: time)
    }

    func consistency(from: UInt64, to: UInt64?) async throws -> ConsistencyView {
        try require(.readLedger)
        let ledger = city.ledger
        let newer = to ?? ledger.size
        guard from <= newer, newer <= ledger.size else {
            throw CommandFailure(
                .failed, "the ledger has \(ledger.size) batches: choose from 0 to that, the smaller first")
        }
        return ConsistencyView(
            from: from, to: newer, fromRoot: try ledger.rootHash(size: from).base64,
            toRoot: try ledger.rootHash(size: newer).base64,
            proof: try ledger.consistencyProof(from: from, to: newer).hashes.map(\.base64))
    }

    func close() async {
        city.close()
    }

    private func require(_ action: Action) throws {
        _ = try city.path.authorise(principal, action).get()
    }

    private func view(_ record: DeviceRecord) -> DeviceView {
        DeviceView(record, trustDomain: authority.trustDomain)
    }
}
