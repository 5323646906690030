/// Makes one alert of many unusual readings, and a second one where it becomes grave.
///
/// Closed until a score reaches the alert score. Open until the surprise has stayed below half of what starts an alert
/// for eight readings in a row, or the series has been silent for an hour and much longer than usual. What was hardly worth an
/// alert must not hide what comes right after it and is: once in an episode a grave score starts an alert anew.
struct Episode: Sendable, Equatable {
    /// How far it has gone.
    private enum Stage: UInt8 { case closed, open, grave }

    private var stage = Stage.closed
    private(set) var kind = Finding.Kind.ordinary
    private var calm: UInt8 = 0

    /// Calm readings in a row that close an episode.
    private static let calmReadings: UInt8 = 8
    /// The score of twice the surprise that starts an alert.
    private static let graveScore = 0.8

    var isOpen: Bool { stage != .closed }

    enum Change: Equatable { case none, starts, ends }

    mutating func observe(score: Double, surprise: Float, kind: Finding.Kind, afterSilence: Bool) -> Change {
        if score >= DetectionLimits.alertScore {
            calm = 0
            let reached = score >= Self.graveScore ? Stage.grave : .open
            guard reached.rawValue > stage.rawValue else { return .none }
            stage = reached
            self.kind = kind
            return .starts
        }
        guard isOpen else { return .none }
        calm = surprise < StreamDetector.alertSurprise / 2 ? calm + 1 : 0
        guard calm >= Self.calmReadings || afterSilence else { return .none }
        self = Episode()
        return .ends
    }
}

extension Episode {
    func encode(into state: inout StateWriter) {
        state.append(stage.rawValue)
        state.append(kind.rawValue)
        state.append(calm)
    }

    init(decoding state: inout StateReader) throws(DetectionError) {
        guard let stage = Stage(rawValue: try state.integer()) else { throw .malformed }
        self.stage = stage
        guard let kind = Finding.Kind(rawValue: try state.integer()) else { throw .malformed }
        self.kind = kind
        calm = try state.integer()
        guard calm < Self.calmReadings else { throw .malformed }
    }
}
