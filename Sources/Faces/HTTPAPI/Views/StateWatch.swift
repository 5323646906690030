import CityContext
import CityModel
import CityPath
import Synchronization
import WebConsole

/// Which entities have changed their state. Falling silent is nothing that happens: somebody has to look, and does so
/// for all who listen, as long as anybody does.
final class StateWatch: Sendable {
    /// How long one look is good for.
    static let interval = Duration.seconds(5)
    /// How many looks back a new reader begins: the page that listens was made a moment before it listens.
    private static let memory: UInt64 = 2

    /// What readers up to one class have seen: silence is of the values that they may see.
    private struct Sight {
        var lookedAt: Timestamp?
        var states: [WebConsole.EntityState] = []
        /// The look that found the state of this place changed; 0 for none.
        var changedIn: [UInt64] = []
    }

    private struct State {
        /// Counts the looks of all classes.
        var looks: UInt64 = 0
        var sights: [DataClass: Sight] = [:]
    }

    private let state = Mutex(State())

    /// The places of entities whose state has changed, and the look to go on from.
    ///
    /// Takes a look itself when the last one is old: microseconds for each entity, not for an event loop.
    ///
    /// - Parameters:
    ///   - seen: The look that this reader's last answer came with; nil when they begin.
    ///   - highest: The reader's class.
    ///   - shared: The city.
    /// - Returns: The places, and the look to come back with.
    func changes(
        since seen: UInt64?, upTo highest: DataClass, of shared: HTTPShared
    ) -> (places: [Int], look: UInt64) {
        if isDue(upTo: highest, at: shared.city.clock.now) {
            note(StateWatch.states(of: shared, upTo: highest), upTo: highest)
        }
        return state.withLock { state in
            let start = seen ?? (state.looks > StateWatch.memory ? state.looks - StateWatch.memory : 0)
            guard start < state.looks, let sight = state.sights[highest] else { return ([], state.looks) }
            return (sight.changedIn.indices.filter { sight.changedIn[$0] > start }, state.looks)
        }
    }

    /// Whether it is the caller's to look now.
    private func isDue(upTo highest: DataClass, at now: Timestamp) -> Bool {
        state.withLock { state in
            let last = state.sights[highest]?.lookedAt
            if let last, (Duration.zero..<StateWatch.interval).contains(now.since(last)) { return false }
            state.sights[highest, default: Sight()].lookedAt = now
            return true
        }
    }

    private static func states(of shared: HTTPShared, upTo highest: DataClass) -> [WebConsole.EntityState] {
        let (conditions, twin) = (shared.conditions, shared.city.views.twin)
        return (0..<twin.count).map { conditions.state(of: VisibleEntity(twin.entity(at: $0), upTo: highest)) }
    }

    /// Compares with the look before. An entity that is new is none that has changed.
    private func note(_ states: [WebConsole.EntityState], upTo highest: DataClass) {
        state.withLock { state in
            state.looks += 1
            var sight = state.sights.removeValue(forKey: highest) ?? Sight()
            sight.changedIn += Array(repeating: 0, count: max(0, states.count - sight.changedIn.count))
            for (place, before) in sight.states.enumerated() where place < states.count && states[place] != before {
                sight.changedIn[place] = state.looks
            }
            sight.states = states
            state.sights[highest] = sight
        }
    }
}
