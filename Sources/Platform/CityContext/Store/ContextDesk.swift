public import CityModel
public import JSONBytes
public import NGSILD
import Synchronization

/// Where changes of the context are decided, one after the other, before they are committed. Safe from any thread.
///
/// What was decided and is not durable yet is what the next decision rests on, and what no reader sees: an acknowledged
/// change is never lost, and one that is not acknowledged was never seen.
public final class ContextDesk: Sendable {
    private struct State {
        var entities: [EntityKey: Staged<LabelledEntity>] = [:]
        var documents: [DocumentKey: Staged<JSONValue>] = [:]
        var version: UInt64 = 0
    }

    private let store: ContextStore
    private let state = Mutex(State())

    /// A desk before a store.
    public init(store: ContextStore) {
        self.store = store
    }

    /// Decides on changes and hands them on.
    ///
    /// - Parameters:
    ///   - now: When, in microseconds since 1970.
    ///   - body: Looks at what is there and says what is to become of it. Runs under the desk's lock: it must be quick.
    ///   - submit: Takes the changes to be committed, in order, and a call for when they are in the store or were given
    ///     up. Answers why it does not take them.
    /// - Returns: What `body` returns, and whether there was anything to commit.
    /// - Throws: What `body` throws, or the refusal of `submit`; then nothing was changed.
    public func decide<Decision>(
        at now: Int64, _ body: (inout ContextDraft) throws -> Decision,
        submit: ([ContextChange], _ settled: @escaping @Sendable () -> Void) -> Refusal?
    ) throws -> (decision: Decision, isChange: Bool) {
        try state.withLock { state in
            var draft = ContextDraft(store: store, at: now, entities: state.entities, documents: state.documents)
            let decision = try body(&draft)
            guard !draft.changes.isEmpty else { return (decision, false) }
            state.version += 1
            let version = state.version
            let (keys, documentKeys) = (draft.changedEntities, draft.changedDocuments)
            let settled: @Sendable () -> Void = { [weak self] in self?.settle(keys, documentKeys, version) }
            if let refusal = submit(draft.changes, settled) { throw refusal }
            for key in keys { state.entities[key] = Staged(value: draft.entities[key]?.value, version: version) }
            for key in documentKeys {
                state.documents[key] = Staged(value: draft.documents[key]?.value, version: version)
            }
            return (decision, true)
        }
    }

    /// What was decided then is in the store now, unless it was decided anew since.
    private func settle(_ keys: Set<EntityKey>, _ documentKeys: Set<DocumentKey>, _ version: UInt64) {
        state.withLock { state in
            for key in keys where state.entities[key]?.version == version { state.entities[key] = nil }
            for key in documentKeys where state.documents[key]?.version == version { state.documents[key] = nil }
        }
    }
}

/// Something that was decided; nil when that was to remove it.
struct Staged<Value: Sendable>: Sendable {
    let value: Value?
    let version: UInt64
}

struct DocumentKey: Sendable, Hashable {
    let kind: DocumentChange.Kind
    let tenant: String
    let id: String
}

/// What is there, and what is to become of it.
public struct ContextDraft {
    /// When the changes are made, in microseconds since 1970.
    public let now: Int64
    fileprivate(set) var changes: [ContextChange] = []
    fileprivate var entities: [EntityKey: Staged<LabelledEntity>]
    fileprivate var documents: [DocumentKey: Staged<JSONValue>]
    fileprivate var changedEntities: Set<EntityKey> = []
    fileprivate var changedDocuments: Set<DocumentKey> = []
    private let store: ContextStore

    fileprivate init(
        store: ContextStore, at now: Int64, entities: [EntityKey: Staged<LabelledEntity>],
        documents: [DocumentKey: Staged<JSONValue>]
    ) {
        self.store = store
        self.now = now
        self.entities = entities
        self.documents = documents
    }

    /// An entity as it will be when everything that was decided is durable.
    public func entity(_ key: EntityKey) -> LabelledEntity? {
        if let staged = entities[key] { return staged.value }
        return store.labelled(key)
    }

    /// Whether devices speak of an entity.
    func isObserved(_ key: EntityKey) -> Bool {
        store.tenant(key.tenant)?.entity(key.id).map { !$0.series.isEmpty } ?? false
    }

    /// The instances that an entity's attributes have had, as far as they are durable.
    func evolution(of key: EntityKey) throws -> [Attribute] {
        try store.tenant(key.tenant)?.evolutions.instances(of: key.id) ?? []
    }

    /// A document, likewise.
    public func document(_ kind: DocumentChange.Kind, tenant: String, id: String) -> JSONValue? {
        if let staged = documents[DocumentKey(kind: kind, tenant: tenant, id: id)] { return staged.value }
        return store.document(kind, tenant: tenant, id: id)
    }

    /// Decides to put a document, or to remove it.
    public mutating func put(_ kind: DocumentChange.Kind, tenant: String, id: String, _ content: JSONValue?) {
        make(.document(DocumentChange(kind, tenant: tenant, id: id, at: now, content: content)))
    }

    /// Decides on a change.
    public mutating func make(_ change: ContextChange) {
        changes.append(change)
        switch change {
        case .entity(let change):
            entities[change.key] = Staged(value: change.after, version: 0)
            changedEntities.insert(change.key)
        case .evolution: break
        case .document(let change):
            let key = DocumentKey(kind: change.kind, tenant: change.tenant, id: change.id)
            documents[key] = Staged(value: change.content, version: 0)
            changedDocuments.insert(key)
        }
    }
}
