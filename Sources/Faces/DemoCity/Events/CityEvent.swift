/// Something that goes wrong in the town, for the platform to notice.
public struct CityEvent: Sendable, Identifiable {
    /// What goes wrong. The first four show in the readings; the last two are for the caller to act out.
    public enum Kind: String, CaseIterable, Sendable {
        /// Pressure falls and flow rises at the meters around a break.
        case burstMain = "burst-main"
        /// Speed falls, occupancy rises and fewer vehicles pass upstream of a junction.
        case blockedJunction = "blocked-junction"
        /// Particles and nitrogen dioxide rise over a quarter.
        case airQualityEpisode = "air-quality-episode"
        /// A device goes on sending the same values.
        case stuckSensor = "stuck-sensor"
        /// A second machine connects with a device's certificate from another address: the first of `affected`.
        case stolenIdentity = "stolen-identity"
        /// The first of `affected` publishes on the topic of the second, its neighbour.
        case impostor

        /// Whether the readings of this module show it; else the caller must act it out.
        public var isPhysical: Bool { self != .stolenIdentity && self != .impostor }
    }

    /// Counts events from 0.
    public let id: Int
    /// What goes wrong.
    public let kind: Kind
    /// When it begins.
    public let start: DemoInstant
    /// How long it lasts.
    public let duration: Duration
    /// Indices of the devices concerned, the most concerned first; see ``CitySimulation/devices``.
    public let affected: [Int]
    /// Where it is.
    public let location: GeoPoint
    /// One line for a list: "Burst main, Avenue de Toulouse".
    public let title: String
    /// A sentence on what happens and what to look for.
    public let detail: String

    /// When it is over.
    public var end: DemoInstant { start + duration }
}

extension CitySimulation {
    /// The events that are happening.
    ///
    /// - Parameter instant: When.
    /// - Returns: Oldest first; empty before the first event, about a minute after ``start``.
    public func events(activeAt instant: DemoInstant) -> [CityEvent] {
        let elapsed = (instant - start).milliseconds
        return schedule.active(at: elapsed).map { $0.template.event(number: $0.number, cityStart: start) }
    }

    /// The first event that begins after an instant: one every two to three minutes, each kind within the first quarter
    /// of an hour, and again at least every eighteen minutes.
    ///
    /// - Parameter instant: After when; an instant before ``start`` gives the first event.
    /// - Returns: An event that is still to come.
    public func nextEvent(after instant: DemoInstant) -> CityEvent {
        let next = schedule.next(after: (instant - start).milliseconds)
        return next.template.event(number: next.number, cityStart: start)
    }

    /// What the events do to one device.
    func effects(on index: Int, at instant: DemoInstant) -> EventEffects {
        let elapsed = (instant - start).milliseconds
        var effects = EventEffects()
        guard elapsed >= 0 else { return effects }
        for (number, template) in schedule.active(at: elapsed) {
            guard let position = template.affected.firstIndex(of: index) else { continue }
            let begin = schedule.start(of: number)
            let strength = template.strengths[position] * template.ramp(elapsed - begin)
            switch template.kind {
            case .burstMain: effects.burst = max(effects.burst, strength)
            case .blockedJunction: effects.jam = max(effects.jam, strength)
            case .airQualityEpisode: effects.smog = max(effects.smog, strength)
            case .stuckSensor: effects.frozenAt = start + .milliseconds(begin - 1)
            case .stolenIdentity, .impostor: break
            }
        }
        return effects
    }
}

/// What events do to one device at one instant; each strength 0...1.
struct EventEffects: Sendable {
    var burst = 0.0
    var jam = 0.0
    var smog = 0.0
    /// The instant whose values a stuck sensor repeats.
    var frozenAt: DemoInstant?
}
