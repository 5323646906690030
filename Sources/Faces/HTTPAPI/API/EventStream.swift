import CityContext
import CityIdentity
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NIOCore
import ServiceLifecycle
import WebConsole

/// `GET /api/v1/events`: what changes, as it changes, as server-sent events (HTML living standard §9.2).
///
/// A reader that is slow gets fewer, newer states, never a backlog; one that takes nothing at all is disconnected.
/// A page that listens is one that somebody looks at: its session counts as used, and ends with `Sessions.lifetime`.
struct EventStream: Sendable {
    private static let interval = Duration.milliseconds(500)
    /// Ticks between two `status` events, and between two comments that keep the connection open.
    private static let (statusTicks, pingTicks) = (4, 30)
    /// Ticks between two questions to the ``StateWatch``.
    private static let watchTicks = 2
    /// The most entities in one tick; the others wait for the next, and change in place meanwhile.
    private static let entitiesPerTick = 1_000
    private static let writeDeadline = TimeAmount.seconds(30)

    let shared: HTTPShared
    private let watch = StateWatch()

    func register(on endpoints: Endpoints) {
        endpoints.api(.get, "/api/v1/events", isBackground: true, stream)
    }

    @Sendable private func stream(_ visit: Visit) async throws -> Response {
        let permit = try visit.permit(.readEntities)
        _ = try visit.permit(.readOperations)
        guard let subscription = shared.city.views.feed.subscribe() else {
            throw Refusal(
                step: .publish, code: .unavailable, message: "\(LiveFeed.subscribers) readers listen already: try later"
            )
        }
        visit.note(.readEntities, of: "events", dataClass: permit.highestClass)
        let body = ResponseBody { writer in
            try await send(subscription, to: &writer, for: visit)
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no"],
            body: body)
    }

    private func send(
        _ subscription: LiveFeed.Subscription, to writer: inout any ResponseBodyWriter, for visit: Visit
    ) async throws {
        var welcome = StreamWelcome(of: visit, by: shared)
        var waiting: Set<Int> = []
        var look: UInt64?
        var tick = 0
        while !Task.isShuttingDownGracefully, !Task.isCancelled, let highest = try await welcome.highestClass() {
            keepAlive(visit)
            let changes = subscription.take()
            waiting.formUnion(changes.entities)
            let chosen = Array(waiting.prefix(EventStream.entitiesPerTick))
            waiting.subtract(chosen)
            // Once more a tick later: what is known of open alerts may be older than these, by less than that.
            waiting.formUnion(changes.alerts.compactMap { $0.entity.flatMap(shared.city.views.twin.place) })
            let (now, seen) = (tick, look)
            // Off the event loop: a busy city has much to say.
            let (bytes, news) = try await shared.pool.run {
                let isTime = now % EventStream.watchTicks == 0
                return (
                    compose(changes, chosen, tick: now, upTo: highest),
                    isTime ? watch.changes(since: seen, upTo: highest, of: shared) : nil
                )
            }
            if let news {
                waiting.formUnion(news.places)
                look = news.look
            }
            if let bytes { try await write(bytes, to: &writer, visit.peer) }
            tick += 1
            try await Task.sleep(for: EventStream.interval)
        }
    }

    /// Using a session is what keeps it: for the reader's page, this is its use.
    private func keepAlive(_ visit: Visit) {
        guard case .session(let token) = visit.caller.means else { return }
        _ = shared.gate.sessions.session(token, at: visit.now)
    }

    private func write(_ bytes: ByteBuffer, to writer: inout any ResponseBodyWriter, _ peer: Peer) async throws {
        let timer = peer.channel.eventLoop.scheduleTask(in: EventStream.writeDeadline) {
            peer.channel.close(promise: nil)
        }
        defer { timer.cancel() }
        try await writer.write(bytes)
    }

    // MARK: Events

    private func compose(
        _ changes: LiveFeed.Changes, _ places: [Int], tick: Int, upTo highest: DataClass
    ) -> ByteBuffer? {
        var events = EventWriter()
        if tick % EventStream.statusTicks == 0 { status(to: &events) }
        if tick % EventStream.pingTicks == 0 { events.comment("ping") }
        if !places.isEmpty { entities(places, to: &events, upTo: highest) }
        for alert in changes.alerts {
            events.event("alert") { shared.sight(of: alert, upTo: highest).write(to: &$0) }
        }
        for refusal in changes.refusals { events.event("refusal") { refusal.write(to: &$0) } }
        return events.take()
    }

    private func status(to events: inout EventWriter) {
        events.event("status") { writer in
            writer.object {
                StatusEndpoints(shared: shared).status(to: &$0)
                // The console's word for the same number.
                $0.member("readingsPerSecond", (shared.rate.perSecond * 10).rounded() / 10)
            }
        }
    }

    private func entities(_ places: [Int], to events: inout EventWriter, upTo highest: DataClass) {
        let conditions = shared.conditions
        for place in places {
            let entity = VisibleEntity(shared.city.views.twin.entity(at: place), upTo: highest)
            guard !entity.attributes.isEmpty else { continue }
            events.event("entity") { writer in
                writer.object {
                    $0.member("id", entity.id.text)
                    $0.member("type", entity.type)
                    $0.member("name", entity.name)
                    if let place = shared.place(of: entity) {
                        $0.member("lat", place.latitude)
                        $0.member("lon", place.longitude)
                    }
                    $0.member("state", conditions.state(of: entity).rawValue)
                    $0.member("summary", shared.vocabulary.summary(of: entity))
                    $0.key("attributes")
                    $0.object { writer in
                        for attribute in entity.attributes {
                            writer.key(attribute.definition.attribute)
                            attribute.writeEvent(to: &writer)
                        }
                    }
                }
            }
        }
    }
}

extension VisibleEntity.Attribute {
    /// Value, time and score, as a live page wants them.
    fileprivate func writeEvent(to writer: inout JSONWriter) {
        writer.object {
            $0.key("value")
            $0.value(current.value.ngsiLD.value)
            $0.member("observedAt", current.observedAt)
            if case .number = current.value {
                $0.member("score", (Double(current.score) * 1_000).rounded() / 1_000)
            }
            $0.member("unitCode", ifPresent: definition.unitCode)
        }
    }
}

/// Writes events: JSON has no line feeds, so that each is one `data:` line.
struct EventWriter {
    private var bytes = ByteBuffer()
    private var json = JSONWriter(capacity: 1_024)

    mutating func event(_ name: String, _ data: (inout JSONWriter) -> Void) {
        json.reset()
        data(&json)
        bytes.writeString("event: \(name)\ndata: ")
        json.withBytes { _ = bytes.writeBytes($0) }
        bytes.writeString("\n\n")
    }

    mutating func comment(_ text: String) { bytes.writeString(": \(text)\n\n") }

    /// What was written, or nil when nothing was.
    mutating func take() -> ByteBuffer? {
        guard bytes.readableBytes > 0 else { return nil }
        defer { bytes = ByteBuffer() }
        return bytes
    }
}
