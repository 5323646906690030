/// When what goes wrong: a day of events, planned once, then repeated.
///
/// One event begins every 144 s, give or take 11 s; the six kinds take turns.
struct EventSchedule: Sendable {
    /// Milliseconds from the start of the demonstration to the first event.
    private static let firstStart: Int64 = 60_000
    /// Milliseconds between events: 600 of them fill a day.
    private static let spacing: Int64 = 144_000
    private static let count = 600
    /// The longest an event lasts, in milliseconds, and room for the jitter.
    private static let reach: Int64 = 600_000
    /// Later than this, in milliseconds, nothing happens any more: sums stay far from overflow.
    private static let endOfTime = Int64.max / 8

    private let templates: [EventTemplate]
    private let seed: UInt64

    init(town: DemoTown, seed: UInt64) {
        let seed = SeededRandom.mix(seed, 0x65_76)
        self.seed = seed
        var planner = EventPlanner(devices: town.devices, seed: seed)
        var templates: [EventTemplate] = []
        while templates.count < EventSchedule.count {
            for kind in planner.nextRound() { templates.append(planner.plan(kind)) }
        }
        self.templates = templates
    }

    /// Events that have begun and are not over.
    ///
    /// - Parameter elapsed: Milliseconds since the demonstration began.
    /// - Returns: Each with its number, oldest first.
    func active(at elapsed: Int64) -> [(number: Int, template: EventTemplate)] {
        guard (EventSchedule.firstStart...EventSchedule.endOfTime).contains(elapsed) else { return [] }
        let last = Int(elapsed / EventSchedule.spacing) + 1
        let first = max(0, Int((elapsed - EventSchedule.reach) / EventSchedule.spacing) - 1)
        return (first...max(first, last)).compactMap { number in
            let template = templates[number % templates.count]
            let age = elapsed - start(of: number)
            guard age >= 0, age < EventTemplate.duration(of: template.kind).milliseconds else { return nil }
            return (number, template)
        }
    }

    /// The first event that begins later.
    ///
    /// - Parameter elapsed: Milliseconds since the demonstration began.
    /// - Returns: The event and its number.
    func next(after elapsed: Int64) -> (number: Int, template: EventTemplate) {
        let elapsed = min(EventSchedule.endOfTime, max(0, elapsed))
        var number = max(0, Int((elapsed - EventSchedule.firstStart) / EventSchedule.spacing) - 1)
        while start(of: number) <= elapsed { number += 1 }
        return (number, templates[number % templates.count])
    }

    /// Milliseconds from the start of the demonstration to an event.
    func start(of number: Int) -> Int64 { EventSchedule.start(of: number, day: seed) }

    static func start(of number: Int, day: UInt64) -> Int64 {
        let jitter = number == 0 ? 0 : Int64(SeededRandom.mix(day, UInt64(number)) % 22_001) - 11_000
        return firstStart + Int64(number) * spacing + jitter
    }
}
