import DemoCity
import Foundation
import Testing

@Suite("What the devices measure")
struct SimulationTests {
    private let hour = Duration.seconds(3_600)

    @Test("the same seed and instant give the same readings, in any order; another seed gives others")
    func determinism() {
        let again = CitySimulation(seed: 7, start: quiet.start)
        let other = CitySimulation(town: town, seed: 8, start: quiet.start)
        let instants = (0..<20).map { monday + .seconds($0 * 4_321) }
        for index in stride(from: 0, to: town.devices.count, by: 37) {
            let forwards = instants.map { quiet.readings(for: index, at: $0) }
            let backwards = instants.reversed().map { again.readings(for: index, at: $0) }
            #expect(forwards == backwards.reversed())
        }
        let meter = quiet.indices(of: .airQualityStation)[0]
        #expect(instants.contains { quiet.readings(for: meter, at: $0) != other.readings(for: meter, at: $0) })
    }

    @Test("history holds what was measured live, and nothing when the span is empty")
    func history() {
        let rows = quiet.history(for: 3, from: monday, to: monday + hour, step: .seconds(600))
        #expect(rows.count == 6)
        #expect(rows.allSatisfy { $0 == quiet.readings(for: 3, at: $0.observedAt) })
        #expect(quiet.history(for: 3, from: monday, to: monday, step: .seconds(1)).isEmpty)
        #expect(quiet.history(for: 3, from: monday, to: monday + .seconds(-60), step: .seconds(1)).isEmpty)
    }

    @Test("readings stay within their profile at any instant, however far from today")
    func ranges() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var state = seed
        for round in 0..<3_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let milliseconds = Int64(bitPattern: state) >> (round % 3 == 0 ? 0 : 22)
            let index = Int(state % UInt64(town.devices.count))
            let readings = quiet.readings(for: index, at: DemoInstant(millisecondsSinceEpoch: milliseconds))
            let fields = town.devices[index].profile.fields
            #expect(readings.values.count == fields.count)
            for (field, value) in zip(fields, readings.values) {
                switch value {
                case .number(let number):
                    #expect(field.range.contains(number), "seed \(seed), \(field.property) \(number)")
                case .text(let text): #expect(field.choices.contains(text), "seed \(seed), \(field.property) \(text)")
                }
            }
        }
    }

    @Test("instants at the ends of time do not trap", arguments: [Int64.min, -1, 0, Int64.max])
    func endsOfTime(milliseconds: Int64) {
        let instant = DemoInstant(millisecondsSinceEpoch: milliseconds)
        for kind in DeviceKind.allCases {
            let index = quiet.indices(of: kind)[0]
            #expect(quiet.readings(for: index, at: instant).observedAt == instant)
            #expect(!quiet.payload(for: index, at: instant).bytes.isEmpty)
        }
        #expect(quiet.events(activeAt: instant).count < 6)
        #expect(quiet.nextEvent(after: instant).id >= 0)
    }

    @Test("traffic peaks with the commuters, sleeps at night and rests on Sunday")
    func traffic() {
        let counters = quiet.indices(of: .trafficCounter)
        func level(day: Int, hour: Int) -> Double {
            mean(counters.map { quiet.value("intensity", of: $0, at: monday + .seconds(day * 86_400 + hour * 3_600)) })
        }
        #expect(level(day: 1, hour: 8) > 8 * level(day: 1, hour: 3))
        #expect(level(day: 1, hour: 8) > 1.3 * level(day: 1, hour: 11))
        #expect(level(day: 1, hour: 18) > 1.2 * level(day: 1, hour: 14))
        #expect(level(day: 6, hour: 8) < 0.4 * level(day: 1, hour: 8))
    }

    @Test("busy roads are slow: speed falls as occupancy rises")
    func fundamentalDiagram() {
        for index in quiet.indices(of: .trafficCounter).prefix(8) {
            let instants = (0..<144).map { monday + .seconds($0 * 600) }
            let speeds = instants.map { quiet.value("averageVehicleSpeed", of: index, at: $0) }
            let occupancies = instants.map { quiet.value("occupancy", of: index, at: $0) }
            #expect(correlation(speeds, occupancies) < -0.3)
        }
    }

    @Test("neighbouring counters rise and fall together, distant ones do not")
    func neighbours() {
        let counters = quiet.indices(of: .trafficCounter)
        // Daytime of three days; what all have in common is taken out.
        let instants = (0..<3).flatMap { day in (0..<40).map { monday + .seconds(day * 86_400 + 32_400 + $0 * 1_200) } }
        var residuals = counters.map { index in
            instants.map { log(max(1, quiet.value("intensity", of: index, at: $0))) }
        }
        for column in instants.indices {
            let common = mean(residuals.map { $0[column] })
            for row in residuals.indices { residuals[row][column] -= common }
        }
        var (near, far): ([Double], [Double]) = ([], [])
        for a in counters.indices {
            for b in counters.indices where b > a {
                let distance = metres(town.devices[counters[a]].location, town.devices[counters[b]].location)
                if distance < 250 { near.append(correlation(residuals[a], residuals[b])) }
                if distance > 2_000 { far.append(correlation(residuals[a], residuals[b])) }
            }
        }
        #expect(near.count > 5 && far.count > 50)
        #expect(mean(near) > 0.4, "\(mean(near))")
        #expect(abs(mean(far)) < 0.2, "\(mean(far))")
    }

    @Test("water flows least at night, though never stops, and pressure is then highest")
    func water() {
        for index in quiet.indices(of: .waterMeter) {
            let night = quiet.value("flow", of: index, at: monday + hour * 27)
            let morning = quiet.value("flow", of: index, at: monday + hour * 31)
            #expect((0.08...0.4).contains(night / morning))
            #expect(
                quiet.value("pressure", of: index, at: monday + hour * 27)
                    > quiet.value("pressure", of: index, at: monday + hour * 31))
        }
    }

    @Test("a water meter's dial never runs backwards")
    func dial() {
        let index = quiet.indices(of: .waterMeter)[4]
        let dial = (0..<400).map { quiet.value("waterConsumption", of: index, at: monday + .seconds($0 * 1_800)) }
        #expect(zip(dial, dial.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(dial[399] > dial[0])
    }

    @Test("street lights are off at noon, on in the evening and dimmed at three, in every season")
    func lights() {
        for index in quiet.indices(of: .streetlight).prefix(6) {
            for day in stride(from: 0, to: 360, by: 30) {
                let midnight = monday + .seconds(day * 86_400)
                #expect(quiet.readings(for: index, at: midnight + hour * 12).values[0] == .text("off"))
                #expect(quiet.readings(for: index, at: midnight + .seconds(82_800)).values[0] == .text("on"))
                #expect(quiet.readings(for: index, at: midnight + hour * 3).values[0] == .text("low"))
            }
        }
    }

    @Test("waste containers fill until a round empties them")
    func waste() {
        var emptied = 0
        for index in quiet.indices(of: .wasteContainer).prefix(12) {
            let levels = (0..<336).map { quiet.value("fillingLevel", of: index, at: monday + .seconds($0 * 1_800)) }
            for (before, after) in zip(levels, levels.dropFirst()) where after < before - 0.03 {
                emptied += 1
                #expect(after < 0.15)
            }
            #expect(levels.contains { $0 > 0.35 })
        }
        #expect((20...40).contains(emptied), "\(emptied)")
    }

    @Test("a car park has no more free spaces than spaces, a charging station no more sockets than it has")
    func capacities() throws {
        for kind in [DeviceKind.carPark, .chargingStation] {
            let property = kind == .carPark ? "availableSpotNumber" : "availableCapacity"
            for index in quiet.indices(of: kind) {
                let capacity = try #require(town.devices[index].fixedProperties.first?.value)
                let free = (0..<100).map { quiet.value(property, of: index, at: monday + .seconds($0 * 6_000)) }
                #expect(free.allSatisfy { (0...capacity).contains($0) && $0 == $0.rounded() })
                #expect(Set(free).count > 1)
            }
        }
    }

    @Test("a working sensor's values move from one reading to the next")
    func liveliness() {
        for index in quiet.indices(of: .soundMeter) {
            let levels = (0..<24).map { quiet.value("LAeq", of: index, at: monday + .seconds(50_000 + $0 * 5)) }
            #expect(Set(levels).count > 8)
        }
    }
}
