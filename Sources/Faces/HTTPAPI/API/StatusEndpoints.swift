import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Hummingbird
import JSONBytes

/// How the city is: for people, for supervisors, for Prometheus.
struct StatusEndpoints: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.open(.get, "/livez") { _, _ in .text("ok\n") }
        endpoints.open(.get, "/readyz") { _, _ in ready() }
        endpoints.open(.get, "/metrics") { request, context in
            try await mayReadMetrics(request, context.peer)
            return .text(metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        endpoints.open(.get, "/openapi.yaml") { _, _ in shared.openAPI.yaml }
        endpoints.open(.get, "/openapi.json") { _, _ in
            try await shared.pool.run { try shared.openAPI.json() }
        }
        endpoints.api(.get, "/api/v1/status") { visit in
            _ = try visit.permit(.readOperations)
            return JSONWriter.answer { status(to: &$0) }
        }
    }

    /// What is told to anybody; the store's own words, which name files, are for those who are identified.
    private func ready() -> Response {
        let isReady = shared.city.storageProblem == nil
        return JSONWriter.answer(isReady ? .ok : .serviceUnavailable) {
            $0.member("ready", isReady)
            $0.member("problems", isReady ? [] : ["the store does not take submissions now"])
        }
    }

    /// The members of `GET /api/v1/status`, also sent as the event `status`.
    func status(to writer: inout JSONWriter) {
        let city = shared.city
        let now = city.clock.now
        writer.member("city", shared.settings.cityName)
        writer.member("domain", shared.settings.domain)
        writer.member("version", shared.settings.version)
        writer.member("simulated", shared.settings.isSimulation)
        writer.member("startedAt", city.openedAt)
        writer.member("uptimeSeconds", Double(now.since(city.openedAt).components.seconds))
        writer.member("devicesRegistered", city.views.registry.count)
        writer.member("devicesConnected", shared.devices.count())
        writer.member("entities", city.views.twin.count)
        writer.member("observationsCommitted", city.metrics.observationCount)
        writer.member("observationsPerSecond", (shared.rate.perSecond * 10).rounded() / 10)
        writer.member("openAlerts", city.views.alerts.openCount)
        writer.member("refusalsLastHour", city.views.refusals.count(since: now - .seconds(3_600)))
        writer.member("ledgerSize", city.ledger.size)
        writer.key("storage")
        writer.object {
            $0.member("ok", city.storageProblem == nil)
            $0.member("problem", ifPresent: city.storageProblem)
            $0.member("journalBytes", city.journalBytes)
        }
        writer.key("bridges")
        writer.beginArray()
        for bridge in shared.devices.bridges() { writer.object { $0.members(of: bridge) } }
        writer.endArray()
    }

    // MARK: Prometheus

    /// Whoever is on this machine may read them, and from elsewhere those who may read operations: not every device.
    private func mayReadMetrics(_ request: Request, _ peer: Peer) async throws {
        guard !peer.isLocal else { return }
        let caller = try await shared.gate.identify(request, from: peer)
        if case .failure(let refusal) = shared.city.path.authorise(caller.principal, .readOperations) {
            throw Refused(refusal, by: caller.principal)
        }
    }

    private func metrics() -> String {
        var text = ""
        var described: Set<String> = []
        for sample in shared.city.metrics.samples() + gauges() {
            if described.insert(sample.name).inserted {
                text += "# HELP \(sample.name) \(sample.help)\n"
                text += "# TYPE \(sample.name) \(sample.isCounter ? "counter" : "gauge")\n"
            }
            let label = sample.label.map { "{\($0.name)=\"\($0.value)\"}" } ?? ""
            text += "\(sample.name)\(label) \(StatusEndpoints.number(sample.value))\n"
        }
        return text
    }

    private func gauges() -> [CityMetrics.Sample] {
        let city = shared.city
        func gauge(_ name: String, _ help: String, _ value: Double, label: (String, String)? = nil)
            -> CityMetrics.Sample
        {
            CityMetrics.Sample(
                name: name, help: help, isCounter: false, label: label.map { (name: $0.0, value: $0.1) }, value: value)
        }
        let statuses = Dictionary(grouping: city.views.registry.all(), by: \.status).mapValues(\.count)
        return DeviceStatus.allCases.map { status in
            gauge(
                "bastide_devices", "Devices registered, by status.", Double(statuses[status] ?? 0),
                label: ("status", status.rawValue))
        } + [
            gauge("bastide_devices_connected", "Devices connected over MQTT.", Double(shared.devices.count())),
            gauge("bastide_entities", "Entities in the twin.", Double(city.views.twin.count)),
            gauge("bastide_series", "Attributes of entities that have a number.", Double(city.views.series.count)),
            gauge("bastide_alerts_open", "Alerts nobody has acknowledged.", Double(city.views.alerts.openCount)),
            gauge("bastide_ledger_size", "Leaves of the ledger.", Double(city.ledger.size)),
            gauge("bastide_commit_backlog", "Observations that wait to be committed.", Double(city.backlog)),
            gauge("bastide_journal_bytes", "Bytes the journal takes on disk.", Double(city.journalBytes)),
            gauge("bastide_storage_ok", "Whether commits go on.", city.storageProblem == nil ? 1 : 0),
            gauge("bastide_event_streams", "Readers of the live feed.", Double(city.views.feed.count)),
            gauge("process_resident_memory_bytes", "Resident memory.", StatusEndpoints.residentBytes),
            gauge(
                "bastide_uptime_seconds", "Seconds since the city was opened.",
                Double(city.clock.now.since(city.openedAt).components.seconds)),
        ]
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    /// The second number of `/proc/self/statm` is the resident set, in pages (proc(5)).
    private static var residentBytes: Double {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return 0 }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }
}

extension JSONWriter {
    fileprivate mutating func members(of bridge: BridgeStatus) {
        member("name", bridge.name)
        member("address", bridge.address)
        member("state", bridge.state)
        member("since", bridge.since)
        member("problem", ifPresent: bridge.problem)
        member("queued", bridge.queued)
        member("received", bridge.received)
        member("sent", bridge.sent)
        member("refused", bridge.refused)
        member("omitted", bridge.omitted)
        member("dropped", bridge.dropped)
        member("connects", bridge.connects)
    }
}
