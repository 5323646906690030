/// Makes one alert of many unusual readings.
///
/// Closed until a score reaches the alert score. Open until the surprise has stayed below half of what starts an alert
/// for eight readings in a row, or the series has been silent for an hour and much longer than usual.
struct Episode: Sendable, Equatable {
    private(set) var isOpen = false
    private(set) var kind = Finding.Kind.ordinary
    private var calm: UInt8 = 0

    /// Calm readings in a row that close an episode.
    private static let calmReadings: UInt8 = 8

    enum Change: Equatable { case none, starts, ends }

    mutating func observe(score: Double, surprise: Float, kind: Finding.Kind, afterSilence: Bool) -> Change {
        if score >= DetectionLimits.alertScore {
            calm = 0
            defer { isOpen = true }
            if !isOpen { self.kind = kind }
            return isOpen ? .none : .starts
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
        state.append(UInt8(isOpen ? 1 : 0))
        state.append(kind.rawValue)
        state.append(calm)
    }

    init(decoding state: inout StateReader) throws(DetectionError) {
        isOpen = try state.flag()
        guard let kind = Finding.Kind(rawValue: try state.integer()) else { throw .malformed }
        self.kind = kind
        calm = try state.integer()
        guard calm < Self.calmReadings else { throw .malformed }
    }
}
