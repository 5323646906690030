/// An event before it has a date: the schedule holds a day of them.
struct EventTemplate: Sendable {
    let kind: CityEvent.Kind
    /// Indices of devices, the most concerned first.
    let affected: [Int]
    /// 0...1 for each of them: how hard it is hit.
    let strengths: [Double]
    let place: PlanPoint
    let title: String
    let detail: String

    /// How long it lasts.
    static func duration(of kind: CityEvent.Kind) -> Duration {
        switch kind {
        case .burstMain: .seconds(480)
        case .blockedJunction: .seconds(390)
        case .airQualityEpisode: .seconds(540)
        case .stuckSensor: .seconds(480)
        case .stolenIdentity, .impostor: .seconds(90)
        }
    }

    /// Milliseconds until it is at its worst; it ends within twice that.
    private var onset: Double {
        switch kind {
        case .burstMain: 12_000
        case .blockedJunction: 20_000
        case .airQualityEpisode: 45_000
        case .stuckSensor, .stolenIdentity, .impostor: 1
        }
    }

    /// How much of its strength it has, 0...1, `elapsed` milliseconds after it began.
    func ramp(_ elapsed: Int64) -> Double {
        let left = Double(EventTemplate.duration(of: kind).milliseconds - elapsed)
        return max(0, min(1, Double(elapsed) / onset, left / (2 * onset)))
    }

    func event(number: Int, cityStart: DemoInstant) -> CityEvent {
        CityEvent(
            id: number, kind: kind, start: cityStart + .milliseconds(EventSchedule.start(of: number, day: daySeed)),
            duration: EventTemplate.duration(of: kind), affected: affected, location: GeoPoint(place), title: title,
            detail: detail)
    }

    /// Seeds the schedule's jitter.
    let daySeed: UInt64
}
