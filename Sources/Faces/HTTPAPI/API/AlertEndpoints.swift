import CityModel
import CityPath
import Hummingbird
import JSONBytes

/// Alerts and refusals: what needs a person's eye.
struct AlertEndpoints: Sendable {
    /// The query parameter `status`.
    enum Status: String, CaseIterable, Sendable {
        case open, acknowledged, all
    }

    static let highestLimit = 1_000

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(
            .get, "/api/v1/alerts", parameters: ["status", "severity", "entity", "limit", "offset"]
        ) { visit in try await shared.pool.run { try list(visit) } }
        endpoints.api(.post, "/api/v1/alerts/{id}/acknowledge", acknowledge)
        endpoints.api(.get, "/api/v1/refusals", parameters: ["limit", "code", "principal"], refusals)
    }

    private func list(_ visit: Visit) throws -> Response {
        let permit = try visit.permit(.readOperations)
        let parameters = visit.parameters
        let status = try parameters.word("status", as: Status.self) ?? .open
        let severity = try parameters.word("severity", as: AlertSeverity.self)
        let entity = parameters.text("entity")
        let limit = try parameters.integer("limit", in: 0...AlertEndpoints.highestLimit, default: 100)
        let offset = try parameters.integer("offset", in: 0...Int.max, default: 0)
        let found = shared.city.views.alerts.newest(.max) { alert in
            status.includes(alert) && (severity == nil || alert.severity == severity)
                && (entity == nil || alert.entity?.text == entity)
        }
        let given = found.dropFirst(offset).prefix(limit)
        visit.note(
            .readOperations, of: "alerts", dataClass: shared.highestClass(of: given, upTo: permit.highestClass))
        return JSONWriter.answer { writer in
            writer.list("items", given) { alert, writer in
                shared.sight(of: alert, upTo: permit.highestClass).write(to: &writer)
            }
            writer.member("total", found.count)
            writer.member("open", shared.city.views.alerts.openCount)
        }
    }

    @Sendable private func acknowledge(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.acknowledgeAlerts)
        let reading = try visit.permit(.readOperations)
        let body = try await shared.bodies.object(of: visit.request, from: visit.peer, members: ["note"])
        let id = try visit.parameter("id")
        guard let number = UInt64(id), shared.city.views.alerts.alert(number) != nil else {
            throw Problem(.notFound, "there is no alert `\(id.prefix(50))`")
        }
        let note = try body.string("note")
        let alert = try await shared.city.acknowledge(number, note: note, by: visit.caller.principal).get()
        // What is acknowledged is also shown.
        let sight = shared.sight(of: alert, upTo: reading.highestClass)
        visit.note(.readOperations, of: "alert/\(number)", dataClass: sight.dataClass)
        var writer = JSONWriter()
        sight.write(to: &writer)
        return writer.answer()
    }

    @Sendable private func refusals(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.readOperations)
        let parameters = visit.parameters
        let code = try parameters.word("code", as: Refusal.Code.self)
        let principal = parameters.text("principal")
        let limit = try parameters.integer("limit", in: 0...AlertEndpoints.highestLimit, default: 100)
        let found = shared.city.views.refusals.newest(limit) { record in
            (code == nil || record.code == code) && (principal == nil || record.principal == principal)
        }
        visit.note(.readOperations, of: "refusals", dataClass: .internal)
        return JSONWriter.answer { writer in
            writer.list("items", found) { record, writer in record.write(to: &writer) }
        }
    }
}

extension AlertEndpoints.Status {
    func includes(_ alert: AlertRecord) -> Bool {
        switch self {
        case .open: alert.acknowledgedAt == nil
        case .acknowledged: alert.acknowledgedAt != nil
        case .all: true
        }
    }
}

extension RefusalRecord {
    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("principal", principal)
            $0.member("source", source)
            $0.member("step", step.rawValue)
            $0.member("code", code.rawValue)
            $0.member("message", message)
            $0.member("at", at)
            $0.member("count", count)
        }
    }
}
