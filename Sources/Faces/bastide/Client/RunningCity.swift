import AsyncHTTPClient
import CityModel
import CityPath
import CityStorage
import Foundation
import NIOCore
import NIOHTTP1
import TransparencyLog

/// The city that a server has open, spoken with over its Unix socket: HTTP, as everybody else does.
struct RunningCity: CityClient {
    /// Longest answer that is read: a thousand devices have about 1 MB.
    private static let answerBytes = 32 << 20
    private static let deadline = TimeAmount.seconds(60)
    private static let pageItems = 500

    private let base: String
    private let socket: String

    init(_ directory: CityDirectory) {
        socket = directory.socket
        base = "http+unix://" + RunningCity.escaped(UnixSocketPath.short(directory.socket))
    }

    var isRunning: Bool { true }

    func status() async throws -> StatusView {
        var status: StatusView = try await get("/api/v1/status")
        status.running = true
        return status
    }

    func devices(_ filter: DeviceFilter) async throws -> [DeviceView] {
        var devices: [DeviceView] = []
        while true {
            let page: DevicePage = try await get(
                "/api/v1/devices",
                [
                    ("status", filter.status?.rawValue), ("agency", filter.agency), ("type", filter.type),
                    ("limit", "\(RunningCity.pageItems)"), ("offset", "\(devices.count)"),
                ])
            devices += page.items
            if page.items.isEmpty || devices.count >= page.total { return devices }
        }
    }

    func device(_ id: String) async throws -> DeviceView {
        try await get("/api/v1/devices/\(RunningCity.escaped(id))")
    }

    func enrol(_ request: EnrolmentRequest) async throws -> EnrolledView {
        try await post("/api/v1/devices", EnrolmentBody(request))
    }

    func setStatus(_ change: DeviceChange, of device: String, reason: String?) async throws -> DeviceView {
        try await post(
            "/api/v1/devices/\(RunningCity.escaped(device))/\(change.rawValue)", ReasonBody(reason: reason))
    }

    func alerts(status: String, severity: String?, limit: Int) async throws -> AlertPage {
        try await get("/api/v1/alerts", [("status", status), ("severity", severity), ("limit", "\(limit)")])
    }

    func acknowledge(_ alert: UInt64, note: String?) async throws -> AlertView {
        try await post("/api/v1/alerts/\(alert)/acknowledge", NoteBody(note: note))
    }

    func refusals(code: String?, principal: String?, limit: Int) async throws -> [RefusalView] {
        let page: RefusalPage = try await get(
            "/api/v1/refusals", [("code", code), ("principal", principal), ("limit", "\(limit)")])
        return page.items
    }

    func entities(type: String?, limit: Int) async throws -> [EntityView] {
        try await get("/ngsi-ld/v1/entities", [("local", "true"), ("type", type), ("limit", "\(limit)")])
    }

    func entity(_ id: String) async throws -> EntityView {
        try await get("/ngsi-ld/v1/entities/\(RunningCity.escaped(id))")
    }

    func operators() async throws -> [OperatorView] {
        let page: OperatorPage = try await get("/api/v1/operators")
        return page.items
    }

    func setOperator(_ name: String, role: PersonRole, password: String?) async throws -> OperatorView {
        try await post("/api/v1/operators", OperatorView(name: name, role: role.rawValue, password: password))
    }

    func removeOperator(_ name: String) async throws {
        try await delete("/api/v1/operators/\(RunningCity.escaped(name))")
    }

    func operatorCertificate(_ name: String, agency: String, validityDays: Int) async throws -> CertificateView {
        try await post(
            "/api/v1/operators/\(RunningCity.escaped(name))/certificate",
            CertificateBody(agency: agency, validityDays: validityDays))
    }

    func tokens() async throws -> [TokenView] {
        let page: TokenPage = try await get("/api/v1/tokens")
        return page.items
    }

    func addToken(to owner: TokenOwner, note: String, validityDays: Int) async throws -> TokenView {
        try await post("/api/v1/tokens", TokenBody(owner, note: note, validityDays: validityDays))
    }

    func revokeToken(_ id: String) async throws { try await delete("/api/v1/tokens/\(RunningCity.escaped(id))") }

    func mqttSessions(owner: String?, connected: Bool?) async throws -> [MQTTSessionView] {
        var sessions: [MQTTSessionView] = []
        while true {
            let page: MQTTSessionPage = try await get(
                "/api/v1/mqtt/sessions",
                [
                    ("owner", owner), ("connected", connected.map { $0 ? "true" : "false" }),
                    ("limit", "\(RunningCity.pageItems)"), ("offset", "\(sessions.count)"),
                ])
            sessions += page.items
            if page.items.isEmpty || sessions.count >= page.total { return sessions }
        }
    }

    func disconnect(owner: String, client: String, endsSession: Bool) async throws {
        let path = "/api/v1/mqtt/sessions/\(RunningCity.escaped(owner))/\(RunningCity.escaped(client))"
        try await delete(path + (endsSession ? "?endSession=true" : ""))
    }

    func ledger() async throws -> LedgerView {
        try await get("/api/v1/ledger")
    }

    func proof(of attribute: String, of entity: String, at time: Timestamp?) async throws -> NestedProof {
        try await get(
            "/api/v1/ledger/proof", [("entity", entity), ("attribute", attribute), ("observedAt", time?.text)])
    }

    func consistency(from: UInt64, to: UInt64?) async throws -> ConsistencyView {
        let newer: UInt64
        if let to { newer = to } else { newer = try await ledger().size }
        return try await get("/api/v1/ledger/consistency", [("from", "\(from)"), ("to", "\(newer)")])
    }

    func close() async {}
}

// MARK: - Bodies

/// `POST /api/v1/devices`.
private struct EnrolmentBody: Encodable {
    var id: String
    var agency: String
    var zone: String
    var deviceType: String
    var displayName: String?
    var location: DeviceView.Place?
    var entities: [String]
    var validityDays: Int
    var replace: Bool

    init(_ request: EnrolmentRequest) {
        id = request.id
        agency = request.agency
        zone = request.zone
        deviceType = request.deviceType
        displayName = request.displayName
        location = request.location.map { DeviceView.Place(longitude: $0.longitude, latitude: $0.latitude) }
        entities = request.entities
        validityDays = request.validityDays
        replace = request.replacesExisting
    }
}

private struct ReasonBody: Encodable {
    var reason: String?
}

private struct NoteBody: Encodable {
    var note: String?
}

private struct CertificateBody: Encodable {
    var agency: String
    var validityDays: Int
}

/// A refusal as the API says it (RFC 9457).
private struct ProblemBody: Decodable {
    var title: String?
    var detail: String?
    var code: String?
}

// MARK: - The conversation

extension RunningCity {
    private func get<Answer: Decodable>(
        _ path: String, _ query: [(name: String, value: String?)] = []
    ) async throws -> Answer {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(RunningCity.escaped($0))" } }
        return try await send(
            HTTPClientRequest(url: base + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))))
    }

    private func post<Answer: Decodable>(_ path: String, _ body: some Encodable) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: try JSONText.line(body)))
        return try await send(request)
    }

    private func delete(_ path: String) async throws {
        var request = HTTPClientRequest(url: base + path)
        request.method = .DELETE
        _ = try await exchange(request)
    }

    private func send<Answer: Decodable>(_ request: HTTPClientRequest) async throws -> Answer {
        let body = try await exchange(request)
        do {
            return try JSONDecoder().decode(Answer.self, from: body)
        } catch {
            throw CommandFailure(
                .unavailable, "the running city answers in words this program does not know: is it another version?")
        }
    }

    /// The body of an answer that is a success.
    private func exchange(_ request: HTTPClientRequest) async throws -> Data {
        var request = request
        request.headers.add(name: "accept", value: "application/json, application/problem+json")
        let status: HTTPResponseStatus
        let body: Data
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: RunningCity.deadline)
            status = response.status
            body = Data(try await response.body.collect(upTo: RunningCity.answerBytes).readableBytesView)
        } catch {
            throw CommandFailure(.unavailable, "the running city does not answer at \(socket): \(error)")
        }
        guard (200..<300).contains(status.code) else { throw RunningCity.failure(status, body) }
        return body
    }

    private static func failure(_ status: HTTPResponseStatus, _ body: Data) -> CommandFailure {
        let problem = try? JSONDecoder().decode(ProblemBody.self, from: body)
        let detail = problem?.detail ?? problem?.title ?? "the city answers \(status.code) \(status.reasonPhrase)"
        let exit: ExitStatus = status.code == 503 ? .unavailable : .failed
        return CommandFailure(exit, problem?.code.map { "refused (\($0)): \(detail)" } ?? detail)
    }

    /// Percent-encoded but for the characters that never need it (RFC 3986 §2.3).
    private static func escaped(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? text
    }
}
