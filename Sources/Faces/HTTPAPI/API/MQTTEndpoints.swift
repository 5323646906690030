import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes

/// The MQTT sessions: who is connected or expected back, what waits for them. Operators may disconnect them.
struct MQTTEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(
            .get, "/api/v1/mqtt/sessions", parameters: ["owner", "connected", "limit", "offset"], list)
        endpoints.api(.get, "/api/v1/mqtt/sessions/{owner}/{clientIdentifier}", retrieve)
        endpoints.api(
            .delete, "/api/v1/mqtt/sessions/{owner}/{clientIdentifier}", parameters: ["endSession"], disconnect)
    }

    @Sendable private func list(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.readOperations)
        let owner = visit.parameters.text("owner")
        let connected = try visit.parameters["connected"].map { _ in try visit.parameters.flag("connected") }
        let limit = try visit.parameters.integer("limit", in: 1...1_000, default: 100)
        let offset = try visit.parameters.integer("offset", in: 0...Int.max, default: 0)
        let chosen = shared.devices.sessions.all().filter { session in
            (owner == nil || session.owner == owner)
                && (connected == nil || connected == (session.disconnectedSince == nil))
        }
        visit.note(.readOperations, of: "mqtt/sessions", dataClass: .internal)
        return JSONWriter.answer { writer in
            writer.member("total", chosen.count)
            writer.list("items", chosen.dropFirst(offset).prefix(limit)) { session, writer in
                writer.object { MQTTEndpoints.write(session, into: &$0) }
            }
        }
    }

    @Sendable private func retrieve(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.readOperations)
        let session = try session(of: visit)
        visit.note(
            .readOperations, of: "mqtt/sessions/\(session.owner)/\(session.clientIdentifier)", dataClass: .internal)
        return JSONWriter.answer { MQTTEndpoints.write(session, into: &$0) }
    }

    /// Disconnects a client, with 0x98 (Administrative action) in MQTT 5. Who did it is on record.
    @Sendable private func disconnect(_ visit: Visit) async throws -> Response {
        _ = try visit.permit(.manageDevices)
        let endsSession = try visit.parameters.flag("endSession")
        let session = try session(of: visit)
        let act = endsSession ? shared.devices.sessions.end : shared.devices.sessions.disconnect
        guard act(session.owner, session.clientIdentifier) else {
            throw Problem(.conflict, "the client is not connected; with `endSession=true` its session ends, too")
        }
        let what = endsSession ? "session ended" : "disconnected"
        visit.note(
            .manageDevices, of: "mqtt/sessions/\(session.owner)/\(session.clientIdentifier): \(what)",
            dataClass: .internal)
        return Response(status: .noContent)
    }

    private func session(of visit: Visit) throws -> MQTTSessionStatus {
        let owner = try visit.parameter("owner")
        let identifier = try visit.parameter("clientIdentifier")
        let known = shared.devices.sessions.all().first { $0.owner == owner && $0.clientIdentifier == identifier }
        guard let known else {
            throw Problem(
                .notFound,
                "`\(owner.prefix(100))` has no MQTT session with the client identifier "
                    + "`\(identifier.prefix(100))`")
        }
        return known
    }

    private static func write(_ session: MQTTSessionStatus, into writer: inout JSONWriter) {
        writer.member("owner", session.owner)
        writer.member("clientIdentifier", session.clientIdentifier)
        writer.member("connected", session.disconnectedSince == nil)
        writer.member("address", ifPresent: session.address)
        writer.member("disconnectedSince", ifPresent: session.disconnectedSince)
        writer.member("version", session.version)
        writer.member("expirySeconds", Int(session.expirySeconds))
        writer.list("subscriptions", session.subscriptions) { subscription, writer in
            writer.object {
                $0.member("filter", subscription.filter)
                $0.member("qos", subscription.qos)
            }
        }
        writer.member("waiting", session.counts.waiting)
        writer.member("inFlight", session.counts.inFlight)
        writer.member("queuedBytes", session.counts.queuedBytes)
        writer.member("published", session.counts.published)
        writer.member("delivered", session.counts.delivered)
        writer.member("dropped", session.counts.dropped)
    }
}
