import CityIdentity
import CityModel
import CityPath

/// Whether somebody may go on reading an answer that has no end, and up to which class.
///
/// What was so when they asked need not be so an hour later: sessions end, accounts change, certificates run out.
struct StreamWelcome: Sendable {
    private let visit: Visit
    private let shared: HTTPShared
    private let beganAt: Timestamp
    private var checkedAt: Timestamp?
    private var highest = DataClass.public

    init(of visit: Visit, by shared: HTTPShared) {
        self.visit = visit
        self.shared = shared
        beganAt = visit.now
    }

    /// The highest class that the reader may see now; nil when they may not read on.
    ///
    /// - Throws: When the accounts cannot be read.
    mutating func highestClass() async throws -> DataClass? {
        let (now, limits) = (visit.now, shared.settings.limits)
        guard now.since(beganAt) < limits.eventLifetime else { return nil }
        // A session's end is seen at once, it costs nothing.
        if case .session(let token) = visit.caller.means, shared.gate.sessions.peek(token, at: now) == nil {
            return nil
        }
        if let checkedAt, (Duration.zero..<limits.eventRecheck).contains(now.since(checkedAt)) { return highest }
        guard let principal = try await shared.gate.stillKnown(visit.caller, from: visit.peer),
            case .success(let permit) = visit.city.path.authorise(principal, .readEntities, purpose: visit.purpose),
            case .success = visit.city.path.authorise(principal, .readOperations, purpose: visit.purpose)
        else { return nil }
        checkedAt = now
        highest = permit.highestClass
        return highest
    }
}
