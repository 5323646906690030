import CityContext
import CityModel
import CityStorage
import Dispatch
import Logging
import Synchronization

/// Saves photographs of the views in the background, one at a time, so that a restart has little to replay.
final class Photographer: Sendable {
    /// A photograph is due after this long, or after this many observations.
    static let interval = Duration.seconds(15)
    static let observations = 250_000

    private struct State {
        var isBusy = false
        var lastAt: Timestamp
        var lastCount = 0
        var lastBatch: UInt64
    }

    private let store: ViewStore
    private let views: CityViews
    private let logger: Logger
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "bastide.views", qos: .utility)

    init(store: ViewStore, views: CityViews, startedAt now: Timestamp, logger: Logger) {
        self.store = store
        self.views = views
        self.logger = logger
        state = Mutex(State(lastAt: now, lastBatch: views.applied.batch))
    }

    /// What is wrong with the views, where something was found.
    var damage: StorageError? { store.damage }

    /// Whether it is time, there is something new, and no earlier photograph is still being saved.
    func isDue(committed: Int, at now: Timestamp) -> Bool {
        let batch = views.applied.batch
        return state.withLock { state in
            let isLater = now.since(state.lastAt) > Photographer.interval || now < state.lastAt
            return !state.isBusy && batch > state.lastBatch
                && (isLater || committed - state.lastCount > Photographer.observations)
        }
    }

    /// Saves a photograph in the background; tries the same one again until it is saved.
    func take(_ snapshot: ViewSnapshot, committed: Int, at now: Timestamp) {
        state.withLock { state in
            state.isBusy = true
            state.lastAt = now
            state.lastCount = committed
            state.lastBatch = snapshot.appliedSequence
        }
        queue.async { self.save(snapshot) }
    }

    private func save(_ snapshot: ViewSnapshot) {
        do throws(StorageError) {
            try Photographer.save(snapshot, to: store, of: views)
            state.withLock { $0.isBusy = false }
        } catch {
            logger.warning("the views could not be saved; trying again", metadata: ["error": "\(error.message)"])
            let pause = error.code == .damaged ? 60 : 2
            queue.asyncAfter(deadline: .now() + .seconds(pause)) { self.save(snapshot) }
        }
    }

    /// Saves a photograph and lets the views know that it is on disk.
    static func save(_ snapshot: ViewSnapshot, to store: ViewStore, of views: CityViews) throws(StorageError) {
        try store.save(snapshot)
        views.history.forget(saved: snapshot.blocks, words: snapshot.words)
        views.pending.saved()
        views.context.saved(snapshot.context)
    }

    /// Saves the last photograph before the city closes; returns when it is on disk, or cannot be.
    func finish(with snapshot: ViewSnapshot) {
        queue.sync {
            // An earlier one that cannot be saved would be missing below this one.
            guard state.withLock({ !$0.isBusy }) else { return }
            do throws(StorageError) {
                try Photographer.save(snapshot, to: store, of: views)
            } catch {
                logger.warning(
                    "the last photograph of the views was not saved; the next start replays more of the journal",
                    metadata: ["error": "\(error.message)"])
            }
        }
    }
}
