import CityContext
import CityModel
import CityStorage
import Foundation
import JSONBytes
import NGSILD
import Testing

@Suite("What the context broker keeps")
struct ContextStoreTests {
    private let rights = WriteRights(agency: AgencyID("water"), isUnrestricted: false) { _, name in
        name == "secret" ? .personal : .public
    }

    private func views() throws -> (store: ViewStore, path: String) {
        let path = NSTemporaryDirectory() + "bastide-context-\(UUID().uuidString).sqlite"
        return (try ViewStore(path: path), path)
    }

    private func fragment(_ json: String, _ purpose: EntityPurpose = .create) throws -> EntityFragment {
        try EntityFragment(parsing: json.utf8, purpose: purpose)
    }

    private let key = EntityKey(tenant: "", id: "urn:x:1")

    /// Decides and keeps, as the path does; the records are read again as the journal has them.
    private func change(
        _ store: ContextStore, at now: Int64, rereads: Bool = false, _ body: (inout ContextDraft) throws -> Void
    ) throws {
        let desk = ContextDesk(store: store)
        _ = try desk.decide(at: now, body) { changes, _ in
            for change in changes {
                let record = change.record
                store.apply(rereads ? ContextRecord(json: record.json) : record)
            }
            return nil
        }
    }

    private func make(_ store: ContextStore, rereads: Bool) throws {
        try change(store, at: 10, rereads: rereads) { draft in
            try draft.create(
                fragment(
                    """
                    {"id":"urn:x:1","type":["A","B"],"scope":"/S","expiresAt":"2100-01-01T00:00:00Z",
                     "speed":{"value":5,"unitCode":"KMH","observedAt":"2022-03-14T13:00:00.000Z","by":{"object":"urn:x:2"}},
                     "name":{"languageMap":{"en":"yes"}},"secret":"s"}
                    """), key, rights)
        }
        try change(store, at: 20, rereads: rereads) { draft in
            try draft.change(key, rights) { entity, now in
                entity.update(
                    try fragment(#"{"speed":{"value":6},"name":"urn:ngsi-ld:null","new":1}"#, .updateOrDelete), at: now)
            }
        }
    }

    @Test("what is read from the journal is what was decided, to the last member")
    func recordsRoundTrip() throws {
        let (first, second) = (try views(), try views())
        defer { for path in [first.path, second.path] { ViewStore.remove(path) } }
        let (live, replayed) = (ContextStore(saved: first.store), ContextStore(saved: second.store))
        try make(live, rereads: false)
        try make(replayed, rereads: true)
        let (one, other) = (try #require(live.labelled(key)), try #require(replayed.labelled(key)))
        #expect(one.entity == other.entity)
        #expect(one.labels == other.labels)
        let evolutions = try [live, replayed].map { try #require($0.tenant("")).evolutions.instances(of: "urn:x:1") }
        #expect(evolutions[0] == evolutions[1])
        #expect(evolutions[0].filter { $0.name == "speed" }.map(\.value) == [5, 6])
        #expect(evolutions[0].last { $0.name == "name" }?.deletedAt == 20)
    }

    @Test("a photograph has all of it, and what came since is laid over it")
    func photograph() throws {
        let (saved, path) = try views()
        defer { ViewStore.remove(path) }
        let store = ContextStore(saved: saved)
        try make(store, rereads: false)
        try change(store, at: 25) { draft in
            draft.make(.document(DocumentChange(.subscription, tenant: "", id: "urn:s", at: 25, content: ["a": 1])))
        }
        var snapshot = ViewSnapshot(appliedSequence: 1)
        snapshot.context = store.takeSnapshot()
        try saved.save(snapshot)
        store.saved(snapshot.context)
        let opened = ContextStore(saved: saved)
        #expect(try opened.restore().isEmpty)
        #expect(opened.labelled(key)?.entity == store.labelled(key)?.entity)
        #expect(opened.document(.subscription, tenant: "", id: "urn:s") == ["a": 1])
        for one in [store, opened] {
            try change(one, at: 30) { draft in
                try draft.change(key, rights) { entity, now in
                    entity.update(try fragment(#"{"speed":7}"#, .update), at: now)
                }
            }
        }
        let evolutions = try [store, opened].map { try #require($0.tenant("")).evolutions.instances(of: "urn:x:1") }
        #expect(evolutions[0] == evolutions[1])
        #expect(Set(evolutions[0].compactMap(\.instanceId)).count == evolutions[0].count)
        try change(opened, at: 40) { draft in try draft.delete(key, rights) }
        #expect(opened.labelled(key) == nil)
        #expect(try #require(opened.tenant("")).evolutions.instances(of: "urn:x:1").isEmpty)
    }

    @Test("an agency changes no attribute of another, and a refused change changes nothing")
    func agencies() throws {
        let (saved, path) = try views()
        defer { ViewStore.remove(path) }
        let store = ContextStore(saved: saved)
        try make(store, rereads: false)
        let others = WriteRights(agency: AgencyID("parks"), isUnrestricted: false) { _, _ in .public }
        let before = store.labelled(key)?.entity
        #expect(throws: Refusal.self) {
            try change(store, at: 30) { draft in
                try draft.change(key, others) { entity, now in
                    entity.append(try fragment(#"{"own":1,"speed":9}"#, .update), overwrites: true, at: now)
                }
            }
        }
        #expect(throws: Refusal.self) { try change(store, at: 30) { draft in try draft.delete(key, others) } }
        #expect(store.labelled(key)?.entity == before)
        try change(store, at: 30) { draft in
            try draft.change(key, others) { entity, now in
                entity.append(try fragment(#"{"own":1}"#, .update), overwrites: true, at: now)
            }
        }
        #expect(store.tenant("")?.entity("urn:x:1")?.label(of: "own")?.agency == AgencyID("parks"))
    }

    @Test("what a reader may not see is not there, for whatever they ask")
    func sight() throws {
        let (saved, path) = try views()
        defer { ViewStore.remove(path) }
        let store = ContextStore(saved: saved)
        try make(store, rereads: false)
        let tenant = try #require(store.tenant(""))
        func sight(_ highest: DataClass) -> EntitySight {
            EntitySight(store: tenant, twin: Twin(), upTo: highest, now: 50)
        }
        let (all, little) = (
            try #require(sight(.sensitive).entity("urn:x:1")), try #require(sight(.internal).entity("urn:x:1"))
        )
        #expect(all.entity.instance("secret", nil) != nil && all.highestClass == .personal)
        #expect(little.entity.instance("secret", nil) == nil && little.highestClass == .public)
        var selection = EntitySelection()
        selection.condition = try QueryExpression(parsing: #"secret=="s""#)
        var budget = QueryBudget()
        #expect(try selection.matches(all.entity, linked: { _ in nil }, within: &budget))
        #expect(try !selection.matches(little.entity, linked: { _ in nil }, within: &budget))
        #expect(EntitySight(store: tenant, twin: Twin(), upTo: .sensitive, now: .max).entity("urn:x:1") == nil)
    }

    @Test("decisions rest on what was decided, readers see what is committed")
    func desk() throws {
        let (saved, path) = try views()
        defer { ViewStore.remove(path) }
        let store = ContextStore(saved: saved)
        let desk = ContextDesk(store: store)
        nonisolated(unsafe) var settle: (@Sendable () -> Void)?
        nonisolated(unsafe) var waiting: [ContextChange] = []
        _ = try desk.decide(at: 1) { draft in
            try draft.create(try fragment(#"{"id":"urn:x:1","type":"T"}"#), key, rights)
        } submit: { changes, settled in
            (waiting, settle) = (changes, settled)
            return nil
        }
        #expect(store.labelled(key) == nil)
        func createAgain() throws {
            _ = try desk.decide(at: 2) { draft in
                try draft.create(try fragment(#"{"id":"urn:x:1","type":"T"}"#), key, rights)
            } submit: { _, _ in
                nil
            }
        }
        #expect(throws: NGSILDError.self) { try createAgain() }
        for change in waiting { store.apply(change.record) }
        settle?()
        #expect(store.labelled(key) != nil)
        #expect(throws: NGSILDError.self) { try createAgain() }
    }
}
