import CityContext
import CityModel
import CityStorage
import Foundation
import JSONBytes
import NGSILD
import Synchronization
import Testing

/// Other servers: those that answer, and those that do not.
final class FakeEgress: Egress {
    private let state = Mutex<(requests: [EgressRequest], failing: Set<String>)>(([], []))
    private let arrivals: AsyncStream<EgressRequest>.Continuation
    let requests: AsyncStream<EgressRequest>

    init(failing: Set<String> = []) {
        (requests, arrivals) = AsyncStream.makeStream()
        state.withLock { $0.failing = failing }
    }

    func send(_ request: EgressRequest) async throws(EgressError) -> EgressAnswer {
        let fails = state.withLock { state in
            state.requests.append(request)
            return state.failing.contains(request.url)
        }
        arrivals.yield(request)
        if fails { throw EgressError(.unreachable, "nobody is there") }
        return EgressAnswer(status: 200, headers: [], body: [])
    }

    func publish(_ delivery: MQTTDelivery) async throws(EgressError) {
        throw EgressError(.unreachable, "there is no broker in this test")
    }

    var all: [EgressRequest] { state.withLock { $0.requests } }
}

@Suite("Notifications (CIM 009 §5.8.6)", .timeLimit(.minutes(1)))
struct NotificationTests {
    private struct Broker {
        let path = NSTemporaryDirectory() + "bastide-notes-\(UUID().uuidString).sqlite"
        let saved: ViewStore
        let store: ContextStore
        let outbox: NotificationOutbox
        let twin = Twin()

        init() throws {
            saved = try ViewStore(path: path)
            store = ContextStore(saved: saved)
            outbox = NotificationOutbox(twin: twin, registrations: RegistrationBook())
        }

        /// Decides and keeps, as the path does.
        func change(at now: Int64, _ body: (inout ContextDraft) throws -> Void) throws {
            _ = try ContextDesk(store: store).decide(at: now, body) { changes, _ in
                changes.forEach(keep)
                return nil
            }
        }

        func keep(_ change: ContextChange) {
            guard let change = store.apply(ContextRecord(json: change.record.json)) else { return }
            outbox.note(change, stored: nil)
        }

        func subscribe(_ id: String, to url: String, _ members: String = #""entities":[{"type":"Room"}]"#) throws {
            let text = #"{"type":"Subscription",\#(members),"notification":{"endpoint":{"uri":"\#(url)"}}}"#
            var subscription = try Subscription(parsing: JSONValue(parsing: text), at: 0)
            subscription.id = id
            let standing = StandingSubscription(
                subscription, owner: SubscriptionOwner(.person(PersonIdentity(name: "anna", role: .operator))),
                contextURL: JSONLDContext.coreURL)
            try change(at: 1) { $0.put(.subscription, tenant: "", id: id, standing.document) }
        }

        func notifier(_ egress: FakeEgress, upTo highest: DataClass? = .sensitive) -> Notifier {
            Notifier(
                store: store, twin: twin, outbox: outbox,
                contexts: ContextCatalog(
                    store: store, base: "https://city.example/ngsi-ld/v1/jsonldContexts/", egress: egress,
                    city: ContextCatalog.City(change: { _, _, _ in }, now: { 0 })), egress: egress,
                city: Notifier.City(
                    sees: { _ in highest }, commit: { changes in changes.forEach(keep) }, now: { 1_000_000 },
                    complain: { _, _ in }))
        }
    }

    private let rights = WriteRights(agency: AgencyID("city"), isUnrestricted: true) { _, name in
        name == "secret" ? .personal : .public
    }

    private func create(_ broker: Broker, _ id: String, at now: Int64, _ members: String = #""t":1"#) throws {
        let fragment = try EntityFragment(parsing: #"{"id":"\#(id)","type":"Room",\#(members)}"#.utf8)
        try broker.change(at: now) { try $0.create(fragment, EntityKey(tenant: "", id: id), rights) }
    }

    /// Returns when nobody waits to be told of anything.
    private func settled(_ broker: Broker) async { while broker.outbox.totals.waiting > 0 { await Task.yield() } }

    private func body(_ request: EgressRequest) throws -> JSONValue { try JSONValue(parsing: request.body ?? []) }

    @Test("a subscriber is told once of what it asked for, and the outbox is empty then")
    func delivered() async throws {
        let broker = try Broker()
        let egress = FakeEgress()
        try broker.subscribe("urn:s:1", to: "http://there.example/notify")
        try create(broker, "urn:x:1", at: 10)
        #expect(broker.outbox.pendingCount(.entities, tenant: "", id: "urn:s:1") == 1)
        let running = Task { await broker.notifier(egress).run() }
        var arrivals = egress.requests.makeAsyncIterator()
        let request = try #require(await arrivals.next())
        #expect(request.url == "http://there.example/notify" && request.method == "POST")
        #expect(try body(request).string(at: ["subscriptionId"]) == "urn:s:1")
        #expect(try body(request).string(at: ["data", 0, "id"]) == "urn:x:1")
        running.cancel()
        await running.value
        #expect(broker.outbox.pendingCount(.entities, tenant: "", id: "urn:s:1") == 0)
        let record = broker.outbox.delivery(.entities, tenant: "", id: "urn:s:1").record
        #expect(record.timesSent == 1 && record.timesFailed == 0 && record.status == .ok)
    }

    @Test("a receiver that fails keeps what it is to be told, and no other waits for it")
    func dead() async throws {
        let broker = try Broker()
        let egress = FakeEgress(failing: ["http://dead.example/"])
        try broker.subscribe("urn:s:dead", to: "http://dead.example/")
        try broker.subscribe("urn:s:live", to: "http://live.example/")
        for number in 1...3 { try create(broker, "urn:x:\(number)", at: Int64(number) * 10) }
        let running = Task { await broker.notifier(egress).run() }
        var (live, dead) = (0, 0)
        for await request in egress.requests {
            if request.url == "http://live.example/" { live += 1 } else { dead += 1 }
            if live == 3, dead == 1 { break }
        }
        running.cancel()
        await running.value
        #expect(broker.outbox.pendingCount(.entities, tenant: "", id: "urn:s:live") == 0)
        #expect(broker.outbox.pendingCount(.entities, tenant: "", id: "urn:s:dead") == 3)
        #expect(broker.outbox.delivery(.entities, tenant: "", id: "urn:s:dead").record.timesFailed == 1)
    }

    @Test("what the owner may not see neither shows nor triggers, whatever is asked")
    func hidden() async throws {
        let broker = try Broker()
        let egress = FakeEgress()
        try broker.subscribe("urn:s:q", to: "http://a.example/", #""entities":[{"type":"Room"}],"q":"secret==1""#)
        try broker.subscribe(
            "urn:s:watch", to: "http://b.example/", #""entities":[{"type":"Room"}],"watchedAttributes":["secret"]"#)
        try broker.subscribe("urn:s:all", to: "http://c.example/")
        try create(broker, "urn:x:1", at: 10, #""t":1,"secret":1"#)
        let running = Task { await broker.notifier(egress, upTo: .internal).run() }
        await settled(broker)
        running.cancel()
        await running.value
        #expect(egress.all.map(\.url) == ["http://c.example/"])
        let request = try #require(egress.all.first)
        let text = String(decoding: request.body ?? [], as: UTF8.self)
        #expect(text.contains("\"t\"") && !text.contains("secret"))
    }

    @Test("whose owner may read nothing any more is told nothing")
    func revoked() async throws {
        let broker = try Broker()
        let egress = FakeEgress()
        try broker.subscribe("urn:s:1", to: "http://there.example/")
        try create(broker, "urn:x:1", at: 10)
        let running = Task { await broker.notifier(egress, upTo: nil).run() }
        await settled(broker)
        running.cancel()
        await running.value
        #expect(egress.all.isEmpty)
    }

    @Test("after a restart what was not delivered waits still, in order and under its numbers")
    func restart() throws {
        let broker = try Broker()
        try broker.subscribe("urn:s:1", to: "http://there.example/")
        for number in 1...3 { try create(broker, "urn:x:\(number)", at: Int64(number) * 10) }
        // One of them is settled before the photograph, as the journal says.
        broker.keep(
            .document(
                DocumentChange(
                    .delivery, tenant: "", id: "urn:s:1", at: 40, content: DeliveryState(settledUpTo: 1).document)))
        var snapshot = broker.store.takeSnapshot()
        snapshot.rows += broker.outbox.takeRows()
        var views = ViewSnapshot(appliedSequence: 1)
        views.context = snapshot
        try broker.saved.save(views)
        let opened = ContextStore(saved: broker.saved)
        let outbox = NotificationOutbox(twin: Twin(), registrations: RegistrationBook())
        try outbox.restore(try opened.restore(), from: opened)
        #expect(outbox.pendingCount(.entities, tenant: "", id: "urn:s:1") == 2)
        #expect(outbox.delivery(.entities, tenant: "", id: "urn:s:1").settledUpTo == 1)
        // And the same is on disk when nothing has changed since.
        #expect(outbox.takeRows().isEmpty)
    }

    @Test("a subscription that ends takes along what it was not told")
    func ended() throws {
        let broker = try Broker()
        try broker.subscribe("urn:s:1", to: "http://there.example/")
        try create(broker, "urn:x:1", at: 10)
        try broker.change(at: 20) { $0.put(.subscription, tenant: "", id: "urn:s:1", nil) }
        #expect(broker.outbox.totals.waiting == 0)
        try create(broker, "urn:x:2", at: 30)
        #expect(broker.outbox.totals.waiting == 0)
    }
}
