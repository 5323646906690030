import CityIdentity
import CityModel
import CityPath
import Hummingbird
import WebConsole

/// The pages of MQTT sessions, and the forms that disconnect clients.
struct SessionPages: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.page("/sessions") { visit in try await shared.pool.run { try list(visit) } }
        endpoints.page("/sessions/{owner}/{clientIdentifier}") { visit in try one(visit) }
        for action in SessionAction.allCases {
            endpoints.form("/sessions/{owner}/{clientIdentifier}/\(action.rawValue)") { visit, _ in
                try await act(action, visit)
            }
        }
    }

    private func list(_ visit: Visit) throws -> ConsolePage {
        _ = try visit.permit(.readOperations)
        let isConnected = try visit.parameters.connection()
        let text = visit.parameters["q"] ?? ""
        let found = shared.devices.sessions.all().filter { session in
            (isConnected == nil || (session.disconnectedSince == nil) == isConnected)
                && (text.isEmpty || session.contains(text.lowercased()))
        }
        let paging = Paging(
            requested: visit.parameters["page"].flatMap { Int($0) }, size: CityPages.pageSize, total: found.count)
        visit.note(.readOperations, of: "mqtt/sessions", dataClass: .internal)
        return .sessions(
            SessionsPage(
                frame: shared.frame(for: visit.caller), filter: SessionFilter(isConnected: isConnected, text: text),
                rows: found.dropFirst(paging.offset).prefix(CityPages.pageSize).map(\.row), paging: paging))
    }

    private func one(_ visit: Visit) throws -> ConsolePage {
        _ = try visit.permit(.readOperations)
        let session = try shared.session(of: visit)
        visit.note(
            .readOperations, of: "mqtt/sessions/\(session.owner)/\(session.clientIdentifier)", dataClass: .internal)
        return .session(
            SessionPage(
                frame: shared.frame(for: visit.caller), session: session.row, device: device(of: session),
                expirySeconds: session.expirySeconds == .max ? nil : Int(session.expirySeconds),
                subscriptions: session.subscriptions.map { SubscriptionRow(filter: $0.filter, qos: $0.qos) },
                mayChange: visit.may(.manageDevices),
                confirming: visit.parameters.text("confirm").flatMap { SessionAction(rawValue: $0) }))
    }

    /// The device whose session it is, where one is registered.
    private func device(of session: MQTTSessionStatus) -> String? {
        guard session.owner.hasPrefix("device/") else { return nil }
        let id = String(session.owner.dropFirst("device/".count))
        return shared.city.views.registry.device(DeviceID(id)).map(\.id.text)
    }

    private func act(_ action: SessionAction, _ visit: Visit) async throws -> Response {
        let session = try await shared.disconnect(visit, endsSession: action == .end)
        let done =
            action == .end
            ? "The session of \(session.clientIdentifier) has ended." : "\(session.clientIdentifier) is disconnected."
        shared.notices.leave(.done(done), for: visit.caller)
        // The session of a client that is gone may be gone with it.
        return .seeOther("/sessions")
    }
}

extension MQTTSessionStatus {
    fileprivate func contains(_ text: String) -> Bool {
        [owner, clientIdentifier, address ?? ""].contains { $0.lowercased().contains(text) }
    }

    fileprivate var row: SessionRow {
        var shown = SessionCounts()
        shown.publishedPerSecond = counts.publishedPerSecond
        shown.deliveredPerSecond = counts.deliveredPerSecond
        shown.published = counts.published
        shown.delivered = counts.delivered
        shown.waiting = counts.waiting
        shown.inFlight = counts.inFlight
        shown.queuedBytes = counts.queuedBytes
        shown.dropped = counts.dropped
        shown.heldBack = counts.heldBack
        return SessionRow(
            owner: owner, clientIdentifier: clientIdentifier, address: address,
            disconnectedSince: disconnectedSince.map { ConsoleTime($0) }, version: version,
            subscriptionCount: subscriptions.count, counts: shown)
    }
}
