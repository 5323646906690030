import DemoCity
import Testing

@Suite("What goes wrong in the town")
struct EventTests {
    private let start: DemoInstant
    private let simulation: CitySimulation
    private let firstHour: [CityEvent]

    init() {
        start = monday + .seconds(10 * 3_600)
        simulation = CitySimulation(town: town, seed: 7, start: start)
        var events = [simulation.nextEvent(after: start)]
        while let last = events.last, last.start < start + .seconds(3_600) {
            events.append(simulation.nextEvent(after: last.start))
        }
        firstHour = events
    }

    /// The first event of a kind.
    private func first(_ kind: CityEvent.Kind) throws -> CityEvent {
        try #require(firstHour.first { $0.kind == kind })
    }

    @Test("the first event comes after a minute, then one every two to three minutes")
    func pace() {
        #expect(firstHour[0].start == start + .seconds(60))
        for (event, next) in zip(firstHour, firstHour.dropFirst()) {
            #expect((Duration.seconds(120)...Duration.seconds(180)).contains(next.start - event.start))
            #expect(next.id == event.id + 1)
        }
    }

    @Test("each kind comes within the first quarter of an hour, whatever the seed", arguments: 0..<6)
    func allKinds(seed: UInt64) {
        let simulation = CitySimulation(town: town, seed: seed, start: start)
        var seen: Set<CityEvent.Kind> = []
        var event = simulation.nextEvent(after: start)
        while event.start < start + .seconds(900) {
            seen.insert(event.kind)
            event = simulation.nextEvent(after: event.start)
        }
        #expect(seen == Set(CityEvent.Kind.allCases))
    }

    @Test("nothing happens before the start, and nothing shows in the history")
    func before() {
        #expect(simulation.events(activeAt: start).isEmpty)
        #expect(simulation.events(activeAt: start + .seconds(-86_400)).isEmpty)
        #expect(simulation.nextEvent(after: start + .seconds(-86_400)).id == 0)
        for index in town.devices.indices {
            #expect(simulation.readings(for: index, at: start) == quiet.readings(for: index, at: start))
        }
    }

    @Test("an event is active from its start until just before its end")
    func activity() {
        for event in firstHour {
            #expect(!simulation.events(activeAt: event.start + .milliseconds(-1)).contains { $0.id == event.id })
            #expect(simulation.events(activeAt: event.start).contains { $0.id == event.id })
            #expect(simulation.events(activeAt: event.end + .milliseconds(-1)).contains { $0.id == event.id })
            #expect(!simulation.events(activeAt: event.end).contains { $0.id == event.id })
        }
    }

    @Test("events go on after the planned day is over")
    func secondDay() {
        let later = start + .seconds(3 * 86_400)
        let event = simulation.nextEvent(after: later)
        #expect(event.id > 1_700)
        #expect(event.start - later <= .seconds(180))
        #expect(!simulation.events(activeAt: event.start).isEmpty)
    }

    @Test("devices concerned exist, are named once, and are of the kind the event is about")
    func concerned() {
        let kinds: [CityEvent.Kind: DeviceKind] = [
            .burstMain: .waterMeter, .blockedJunction: .trafficCounter, .airQualityEpisode: .airQualityStation,
        ]
        for event in firstHour {
            #expect(!event.affected.isEmpty && Set(event.affected).count == event.affected.count)
            #expect(event.affected.allSatisfy(town.devices.indices.contains))
            if let kind = kinds[event.kind] { #expect(event.affected.allSatisfy { town.devices[$0].kind == kind }) }
            #expect(!event.title.isEmpty && event.detail.hasSuffix("."))
        }
    }

    @Test("a burst main: within four readings pressure is down by a third and flow up by a half")
    func burst() throws {
        let event = try first(.burstMain)
        let instant = event.start + .seconds(32)
        let index = event.affected[0]
        #expect(
            simulation.value("pressure", of: index, at: instant) < 0.67
                * quiet.value("pressure", of: index, at: instant))
        #expect(simulation.value("flow", of: index, at: instant) > 1.5 * quiet.value("flow", of: index, at: instant))
        let second = event.affected[1]
        #expect(
            simulation.value("pressure", of: second, at: instant) < 0.95
                * quiet.value("pressure", of: second, at: instant))
    }

    @Test("a blocked junction: within four readings speed is less than half and occupancy more than double")
    func junction() throws {
        let event = try first(.blockedJunction)
        let instant = event.start + .seconds(32)
        let index = event.affected[0]
        #expect(event.affected.count >= 2)
        #expect(
            simulation.value("averageVehicleSpeed", of: index, at: instant)
                < 0.5 * quiet.value("averageVehicleSpeed", of: index, at: instant))
        #expect(
            simulation.value("occupancy", of: index, at: instant) > 2 * quiet.value("occupancy", of: index, at: instant)
        )
    }

    @Test("an air-quality episode: within a minute PM10 has risen by 60 µg/m³ and NO2 by 30 at its centre")
    func episode() throws {
        let event = try first(.airQualityEpisode)
        let instant = event.start + .seconds(60)
        let index = event.affected[0]
        #expect(event.affected.count >= 2)
        #expect(simulation.value("pm10", of: index, at: instant) > quiet.value("pm10", of: index, at: instant) + 60)
        #expect(simulation.value("no2", of: index, at: instant) > quiet.value("no2", of: index, at: instant) + 30)
    }

    @Test("a stuck sensor repeats its last value until the event is over")
    func stuck() throws {
        let event = try first(.stuckSensor)
        let index = event.affected[0]
        let interval = town.devices[index].interval
        let frozen = (1...20).map { simulation.readings(for: index, at: event.start + interval * $0).values }
        #expect(Set(frozen).count == 1)
        let after = (1...20).map { simulation.readings(for: index, at: event.end + interval * $0).values }
        #expect(Set(after).count > 5)
        let live = (1...20).map { quiet.readings(for: index, at: event.start + interval * $0).values }
        #expect(Set(live).count > 5)
    }

    @Test(
        "stolen identities and impostors are for the caller: readings do not change",
        arguments: [
            CityEvent.Kind.stolenIdentity, .impostor,
        ])
    func security(kind: CityEvent.Kind) throws {
        let event = try first(kind)
        #expect(!kind.isPhysical)
        let physical = Set(firstHour.filter(\.kind.isPhysical).flatMap(\.affected))
        for index in event.affected where !physical.contains(index) {
            let instant = event.start + .seconds(30)
            #expect(simulation.readings(for: index, at: instant) == quiet.readings(for: index, at: instant))
        }
    }

    @Test("an impostor's victim is another device of its kind, nearby")
    func impostor() throws {
        for event in firstHour where event.kind == .impostor {
            try #require(event.affected.count == 2)
            let (impostor, victim) = (town.devices[event.affected[0]], town.devices[event.affected[1]])
            #expect(impostor.kind == victim.kind && impostor.id != victim.id)
            #expect(metres(impostor.location, victim.location) < 1_500)
        }
    }

    @Test("what happens to one quarter leaves the others alone")
    func isolation() throws {
        let event = try first(.burstMain)
        let instant = event.start + .seconds(60)
        for index in simulation.indices(of: .waterMeter) where !event.affected.contains(index) {
            #expect(simulation.readings(for: index, at: instant) == quiet.readings(for: index, at: instant))
        }
    }
}
