import CityContext
import CityIdentity
import CityModel
import CityStorage
import Detection
import TimeSeries

/// The sixth step: tell who may know. Brings every view up to date with a batch that is durable: registry, detectors,
/// twin, history, alerts, refusals, retained messages, and those who listen. Used by the committer's thread; a restart
/// replays batches through the same code.
final class Publish {
    private let views: CityViews
    private var detectors: DetectorBank
    private var scores: [Float] = []
    private var entries: [History.Entry] = []

    init(views: CityViews, detectors: DetectorBank) {
        self.views = views
        self.detectors = detectors
    }

    /// Applies a batch. It is durable: a view that is damaged does not stop it, but says so (``ViewStore/damage``).
    ///
    /// - Returns: What the detectors found, to be committed with the next batch. While replaying, what was found then
    ///   is in the journal already and is not raised again.
    func apply(_ batch: CommittedBatch) -> [AlertDraft] {
        var changes = LiveFeed.Changes()
        apply(batch.events, of: batch.receipt.batch, to: &changes)
        let drafts = apply(batch.observations, at: batch.receipt.committedAt, to: &changes)
        views.feed.publish(changes)
        views.advance(to: batch.receipt)
        return drafts
    }

    private func apply(_ events: [CityEvent], of sequence: UInt64, to changes: inout LiveFeed.Changes) {
        for event in events {
            switch event {
            case .attributeDefined(let definition):
                views.twin.define(definition)
                views.context.observe(definition)
                views.history.touch(definition.series)
            case .device(let record):
                // What it spoke for until now, too: an entity that nobody speaks for is another one to look at.
                touch(views.registry.device(record.id)?.entities ?? [], in: &changes)
                views.registry.apply([record])
                touch(record.entities, in: &changes)
            case .alertRaised, .alertAcknowledged:
                guard let alert = views.alerts.apply(event) else { continue }
                changes.alerts.append(alert)
                if let entity = alert.entity { touch([entity], in: &changes) }
                views.pending.note(alert: alert)
            case .refusal(let record):
                views.refusals.apply(record)
                changes.refusals.append(record)
            case .retained(let message): views.retained.apply(message)
            case .context(let record):
                guard let change = views.context.apply(record) else { continue }
                views.outbox.note(change, stored: stored(change))
                views.contextChanges.publish(change)
            case .access, .account, .token: break
            }
            views.pending.note(event, in: sequence)
        }
    }

    private func stored(_ change: ContextChange) -> StoredEntity? {
        guard case .entity(let change) = change else { return nil }
        return views.context.tenant(change.key.tenant)?.entity(change.key.id)
    }

    /// Brings the twin up to date, and tells the subscribers of the context broker what devices have observed.
    private func observe(_ observations: [Observation], at committedAt: Timestamp, touched: inout Set<Int>) {
        guard views.outbox.hasSubscriptions("") else {
            return views.twin.apply(observations, scores: scores, touched: &touched)
        }
        var former: [EntityID: LabelledEntity] = [:]
        for observation in observations {
            guard let entity = views.series.definition(of: observation.series)?.entity, former[entity] == nil else {
                continue
            }
            former[entity] = whole(entity)
        }
        views.twin.apply(observations, scores: scores, touched: &touched)
        for (entity, before) in former.sorted(by: { $0.key.text < $1.key.text }) {
            guard let after = whole(entity) else { continue }
            views.outbox.noteObserved(before: before, after: after, at: committedAt.microseconds)
        }
    }

    /// What was said of an entity together with what devices observe of it.
    private func whole(_ id: EntityID) -> LabelledEntity? {
        views.context.tenant("")?.entity(id.text)?.labelled.adding(views.outbox.observations(of: id.text))
    }

    /// Notes that these entities are doing otherwise than before, though nothing new was observed of them.
    private func touch(_ entities: [EntityID], in changes: inout LiveFeed.Changes) {
        changes.entities.formUnion(entities.compactMap { views.twin.place(of: $0) })
    }

    private func apply(
        _ observations: [Observation], at committedAt: Timestamp, to changes: inout LiveFeed.Changes
    ) -> [AlertDraft] {
        guard !observations.isEmpty else { return [] }
        var drafts: [AlertDraft] = []
        var words: [Observation] = []
        scores.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        for observation in observations {
            guard case .number(let number) = observation.value else {
                scores.append(0)
                words.append(observation)
                continue
            }
            let finding = detectors.observe(observation.series, at: observation.observedAt, number)
            let score = finding?.score ?? 0
            scores.append(Float(score))
            let reading = Reading(time: observation.observedAt.microseconds, value: number, score: score)
            entries.append(History.Entry(series: observation.series, reading: reading))
            if let finding, finding.startsAlert, let definition = views.series.definition(of: observation.series) {
                drafts.append(AlertDraft(definition, observation.observedAt, number, finding))
            }
        }
        views.history.apply(entries)
        views.history.apply(words: words)
        observe(observations, at: committedAt, touched: &changes.entities)
        return drafts
    }

    /// What has changed since the last photograph, as a photograph.
    func snapshot() -> ViewSnapshot {
        var snapshot = views.pending.take(appliedSequence: views.applied.batch)
        let history = views.history.takeChanges()
        snapshot.blocks = history.blocks
        snapshot.words = history.words
        for (series, head, late) in history.heads {
            guard let definition = views.series.recordedDefinition(of: series) else { continue }
            let current = views.twin.value(of: series)
            snapshot.series.append(
                SeriesSnapshot(
                    definition: definition, observedAt: current?.observedAt, value: current?.value,
                    score: current?.score ?? 0, head: head, late: late))
        }
        snapshot.detectors = detectors.takeChanges()
        snapshot.context = views.context.takeSnapshot()
        snapshot.context.rows += views.outbox.takeRows()
        return snapshot
    }
}

/// The detectors of all series; those not heard of since the start stay on disk.
struct DetectorBank {
    private let saved: ViewStore
    private var detectors: [StreamDetector?] = []
    private var isDirty: [Bool] = []
    private var dirty: [Int] = []

    init(saved: ViewStore) {
        self.saved = saved
    }

    /// Shows a detector its next value.
    mutating func observe(_ series: SeriesID, at time: Timestamp, _ value: Double) -> Finding? {
        let index = Int(series.index)
        while detectors.count <= index {
            detectors.append(nil)
            isDirty.append(false)
        }
        if detectors[index] == nil { detectors[index] = load(series) }
        if !isDirty[index] {
            isDirty[index] = true
            dirty.append(index)
        }
        return detectors[index]?.observe(time: time.microseconds, value: value)
    }

    /// A detector whose saved state cannot be read begins anew: it is a view, and learns again.
    private func load(_ series: SeriesID) -> StreamDetector {
        guard let state = try? saved.detector(of: series) else { return StreamDetector() }
        return (try? StreamDetector(decoding: state)) ?? StreamDetector()
    }

    mutating func takeChanges() -> [(SeriesID, LateBytes)] {
        var changes: [(SeriesID, LateBytes)] = []
        changes.reserveCapacity(dirty.count)
        for index in dirty {
            guard let detector = detectors[index] else { continue }
            let state = LateBytes {
                var bytes: [UInt8] = []
                detector.encode(into: &bytes)
                return bytes
            }
            changes.append((SeriesID(index: UInt32(index)), state))
            isDirty[index] = false
        }
        dirty.removeAll(keepingCapacity: true)
        return changes
    }
}

extension AlertDraft {
    /// A detector's finding about one observation.
    init(_ definition: AttributeDefinition, _ observedAt: Timestamp, _ value: Double, _ finding: Finding) {
        self.init(
            entity: definition.entity, attribute: definition.attribute, device: definition.device,
            kind: String(describing: finding.kind), severity: finding.kind == .stuck ? .notice : .warning,
            text: finding.explanation(
                value: value, unit: UnitSymbols.symbol(of: definition.unitCode), name: definition.attribute),
            observedAt: observedAt)
    }
}
