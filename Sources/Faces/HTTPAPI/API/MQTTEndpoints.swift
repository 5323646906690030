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
        let session = try shared.session(of: visit)
        visit.note(
            .readOperations, of: "mqtt/sessions/\(session.owner)/\(session.clientIdentifier)", dataClass: .internal)
        return JSONWriter.answer { MQTTEndpoints.write(session, into: &$0) }
    }

    /// Disconnects a client, with 0x98 (Administrative action) in MQTT 5.
    @Sendable private func disconnect(_ visit: Visit) async throws -> Response {
        _ = try await shared.disconnect(visit, endsSession: try visit.parameters.flag("endSession"))
        return Response(status: .noContent)
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
        writer.member("publishedPerSecond", session.counts.publishedPerSecond)
        writer.member("deliveredPerSecond", session.counts.deliveredPerSecond)
        writer.member("dropped", session.counts.dropped)
        writer.member("heldBack", session.counts.heldBack)
    }
}

extension HTTPShared {
    /// The session that a path names: `{owner}` and `{clientIdentifier}`.
    ///
    /// - Throws: A problem when there is none.
    func session(of visit: Visit) throws -> MQTTSessionStatus {
        let owner = try visit.parameter("owner")
        let identifier = try visit.parameter("clientIdentifier")
        guard let known = devices.sessions.known(owner, identifier) else {
            throw Problem(
                .notFound,
                "`\(owner.prefix(100))` has no MQTT session with the client identifier "
                    + "`\(identifier.prefix(100))`")
        }
        return known
    }

    /// Disconnects the client that a path names, and ends its session where that is asked for.
    ///
    /// Who does it is on record before it is done: when the record cannot be committed, nobody is disconnected.
    ///
    /// - Returns: The session as it was.
    /// - Throws: A refusal, or a problem when there is no such session, or no connection to close.
    func disconnect(_ visit: Visit, endsSession: Bool) async throws -> MQTTSessionStatus {
        _ = try visit.permit(.manageDevices)
        let session = try session(of: visit)
        let notConnected = Problem(
            .conflict, "the client is not connected; with `endSession=true` its session ends, too")
        guard endsSession || session.disconnectedSince == nil else { throw notConnected }
        try await visit.record(
            .manageDevices,
            of: "mqtt/sessions/\(session.owner)/\(session.clientIdentifier.prefix(200))/"
                + (endsSession ? "end" : "disconnect"), dataClass: .internal)
        let act = endsSession ? devices.sessions.end : devices.sessions.disconnect
        guard act(session.owner, session.clientIdentifier) else { throw notConnected }
        return session
    }
}
