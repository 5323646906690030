import CityIdentity
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NIOCore

/// The devices of the city: who they are, enrolment, status, and readings over HTTP.
struct DeviceEndpoints: Sendable {
    static let highestLimit = 1_000
    private static let enrolmentMembers = [
        "id", "agency", "zone", "deviceType", "displayName", "location", "entities", "validityDays", "replace",
    ]

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(
            .get, "/api/v1/devices", parameters: ["status", "agency", "type", "q", "limit", "offset"]
        ) { visit in try await shared.pool.run { try list(visit) } }
        endpoints.api(.get, "/api/v1/devices/{id}", one)
        endpoints.api(.post, "/api/v1/devices", enrol)
        endpoints.api(.post, "/api/v1/devices/{id}/readings", readings)
        for (word, status) in [("suspend", DeviceStatus.suspended), ("resume", .active), ("revoke", .revoked)] {
            endpoints.api(.post, "/api/v1/devices/{id}/\(word)") { visit in try await change(visit, to: status) }
        }
    }

    // MARK: Reading

    private func list(_ visit: Visit) throws -> Response {
        _ = try visit.permit(.readOperations)
        let parameters = visit.parameters
        let status = try parameters.word("status", as: DeviceStatus.self)
        let (agency, type) = (parameters.text("agency"), parameters.text("type"))
        let text = parameters.text("q")?.lowercased()
        let limit = try parameters.integer("limit", in: 0...DeviceEndpoints.highestLimit, default: 100)
        let offset = try parameters.integer("offset", in: 0...Int.max, default: 0)
        let found = shared.city.views.registry.all().filter { device in
            (status == nil || device.status == status) && (agency == nil || device.agency.text == agency)
                && (type == nil || device.deviceType == type) && (text.map(device.contains) ?? true)
        }
        visit.note(.readOperations, of: "devices", dataClass: .internal)
        return JSONWriter.answer { writer in
            writer.list("items", found.dropFirst(offset).prefix(limit)) { device, writer in
                shared.sight(of: device).write(to: &writer)
            }
            writer.member("total", found.count)
        }
    }

    @Sendable private func one(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.readOperations)
        let device = try shared.device(try visit.parameter("id"))
        visit.note(.readOperations, of: "device/\(device.id)", dataClass: .internal)
        return answer(device)
    }

    private func answer(_ device: DeviceRecord) -> Response {
        var writer = JSONWriter(capacity: 1_024)
        shared.sight(of: device).write(to: &writer)
        return writer.answer()
    }

    // MARK: Managing

    @Sendable private func enrol(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.manageDevices)
        let body = try await shared.bodies.object(
            of: visit.request, from: visit.peer, members: DeviceEndpoints.enrolmentMembers)
        guard let id = try body.string("id") else { throw Refusal.malformed("at `$.id`: expected the device's name") }
        var request = EnrolmentRequest(id: id)
        if let agency = try body.string("agency") { request.agency = agency }
        if let zone = try body.string("zone") { request.zone = zone }
        if let type = try body.string("deviceType") { request.deviceType = type }
        request.displayName = try body.string("displayName").map { String($0.prefix(200)) }
        request.location = try body.point("location")
        request.entities = try body.strings("entities") ?? []
        if let days = try body.integer("validityDays") { request.validityDays = days }
        request.replacesExisting = try body.bool("replace") ?? false
        if shared.city.views.registry.device(DeviceID(id)) != nil, !request.replacesExisting {
            throw Problem(.conflict, "device `\(id)` is enrolled already; `replace` gives it a new certificate")
        }
        let enrolled = try await shared.city.enrol(request, with: shared.authority, by: visit.caller.principal).get()
        var response = JSONWriter.answer(.created) { writer in
            writer.key("device")
            shared.sight(of: enrolled.record).write(to: &writer)
            writer.member("keyPEM", enrolled.keyPEM)
            writer.member("certificatePEM", enrolled.certificatePEM)
            writer.member("authorityPEM", enrolled.authorityPEM)
        }
        response.headers[.location] = "/api/v1/devices/\(PercentCoding.encode(id))"
        return response
    }

    private func change(_ visit: Visit, to status: DeviceStatus) async throws -> Response {
        _ = try visit.permit(.manageDevices)
        let body = try await shared.bodies.object(of: visit.request, from: visit.peer, members: ["reason"])
        let id = DeviceID(try visit.parameter("id"))
        let reason = try body.string("reason")
        return answer(
            try await shared.city.setStatus(status, of: id, reason: reason, by: visit.caller.principal).get())
    }

    // MARK: Readings

    /// Small JSON as over MQTT; `204` comes after the commit.
    @Sendable private func readings(_ visit: Visit) async throws -> Response {
        let id = try visit.parameter("id")
        let agency = shared.city.views.registry.device(DeviceID(id))?.agency ?? AgencyID("none")
        let topic = shared.city.path.topics.topic(of: DeviceID(id), agency: agency, channel: TopicScheme.values)
        let route = try shared.city.path.open(visit.caller.principal, topic: topic).get()
        guard ["application/json", ""].contains(MediaRange.type(of: visit.request.headers[.contentType])) else {
            throw Problem(.unsupportedMediaType, "expected a body of `application/json`")
        }
        let bytes = try await shared.bodies.bytes(of: visit.request, from: visit.peer)
        var scratch = SmallObject()
        var observations: [Observation] = []
        let refusal = bytes.withUnsafeReadableBytes { payload in
            shared.city.path.understand(payload, on: route, at: visit.now, scratch: &scratch, into: &observations)
        }
        if let refusal { throw refusal }
        _ = try await shared.city.path.committed(observations: observations).get()
        return Response(status: .noContent)
    }
}

extension DeviceRecord {
    /// Whether any of its names contains a text, given in lower case.
    func contains(_ text: String) -> Bool {
        [id.text, displayName ?? "", agency.text, zone.text].contains { $0.lowercased().contains(text) }
    }
}
