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
        var lastAt = Timestamp(microseconds: 0)
        var lastCount = 0
    }

    private let store: ViewStore
    private let history: History
    private let logger: Logger
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "bastide.views", qos: .utility)

    init(store: ViewStore, history: History, startedAt now: Timestamp, logger: Logger) {
        self.store = store
        self.history = history
        self.logger = logger
        state.withLock { $0.lastAt = now }
    }

    /// Whether it is time, and no earlier photograph is still being saved.
    func isDue(committed: Int, at now: Timestamp) -> Bool {
        state.withLock { state in
            !state.isBusy && committed > state.lastCount
                && (now.since(state.lastAt) > Photographer.interval
                    || committed - state.lastCount > Photographer.observations)
        }
    }

    /// Saves a photograph in the background; tries the same one again until it is saved.
    func take(_ snapshot: ViewSnapshot, committed: Int, at now: Timestamp) {
        state.withLock { state in
            state.isBusy = true
            state.lastAt = now
            state.lastCount = committed
        }
        queue.async { self.save(snapshot) }
    }

    private func save(_ snapshot: ViewSnapshot) {
        do throws(StorageError) {
            try store.save(snapshot)
            history.forget(saved: snapshot.blocks, words: snapshot.words)
            state.withLock { $0.isBusy = false }
        } catch {
            logger.warning("the views could not be saved; trying again", metadata: ["error": "\(error.message)"])
            queue.asyncAfter(deadline: .now() + .seconds(2)) { self.save(snapshot) }
        }
    }

    /// Saves the last photograph before the city closes; returns when it is on disk, or cannot be.
    func finish(with snapshot: ViewSnapshot) {
        queue.sync {
            guard state.withLock({ !$0.isBusy }) else { return }
            do throws(StorageError) {
                try store.save(snapshot)
            } catch {
                logger.warning(
                    "the last photograph of the views was not saved; the next start replays more of the journal",
                    metadata: ["error": "\(error.message)"])
            }
        }
    }
}
