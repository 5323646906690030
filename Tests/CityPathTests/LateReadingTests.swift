import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Testing
import TimeSeries

@Suite("Readings that come late, and views that are damaged")
struct LateReadingTests {
    let test: TestCity

    init() throws {
        test = try TestCity()
    }

    private static let start: Int64 = 1_799_000_000_000_000

    private func reading(_ template: Observation, _ number: Int) -> Observation {
        var observation = template
        observation.observedAt = Timestamp(microseconds: LateReadingTests.start + Int64(number) * 1_000)
        return observation
    }

    private func template(_ city: City, _ device: String = "gauge") throws -> Observation {
        try city.understood(#"{"temp":1}"#, from: device).get()[0]
    }

    /// A city with a device that has made `count` readings, all of them on disk.
    private func fill(_ count: Int) async throws {
        try await test.withCity { city in
            for device in ["gauge", "other"] {
                try await city.enrol(device, with: test)
                let template = try template(city, device)
                _ = try await city.path.committed(observations: (0..<count).map { reading(template, $0 * 2) }).get()
            }
        }
    }

    private func open(_ budget: LateBudget) throws -> City {
        var parts = try test.parts()
        parts.lateWork = budget
        return try City.open(test.directory, parts)
    }

    @Test("a device that keeps the committer busy with readings of long ago must wait, others need not")
    func budget() async throws {
        try await fill(6_000)
        var budget = LateBudget()
        (budget.burst, budget.perSecond) = (150, 10)
        let city = try open(budget)
        defer { city.close() }
        let (gauge, other) = (try template(city), try template(city, "other"))
        // Two blocks are unpacked for the first one; it may overdraw, since all of a submission shares one fate.
        _ = try await city.path.committed(observations: [reading(gauge, 1), reading(gauge, 5_001)]).get()
        let size = city.ledger.size
        let refused = await city.path.committed(
            observations: [reading(gauge, 20_000), reading(gauge, 9_001)], events: [])
        #expect(refused.refusal?.code == .rateLimited)
        #expect(city.ledger.size == size, "nothing of it was kept")
        _ = try await city.path.committed(observations: [reading(gauge, 20_000)]).get()
        #expect(city.ledger.size == size + 1, "it does not count as had")
        _ = try await city.path.committed(observations: [reading(other, 1)]).get()
        #expect(city.ledger.size == size + 2, "others have a budget of their own")
        test.clock.advance(by: .seconds(60))
        _ = try await city.path.committed(observations: [reading(gauge, 9_001)]).get()
        #expect(city.ledger.size == size + 3)
    }

    @Test("readings that are late within the open block, or among their own submission, cost nothing")
    func cheap() async throws {
        try await fill(100)
        var budget = LateBudget()
        (budget.burst, budget.perSecond) = (1, 0)
        let city = try open(budget)
        defer { city.close() }
        let gauge = try template(city)
        for round in 0..<5 {
            let numbers = [round * 2 + 1, 1_000 + round * 4 + 2, 1_000 + round * 4, round * 2 + 1]
            _ = try await city.path.committed(observations: numbers.map { reading(gauge, $0) }).get()
        }
        let series = try #require(city.views.series.number(of: "temperature", of: CommitTests.entity))
        #expect(try city.views.history.readings(of: series, in: Int64.min...Int64.max).count == 115)
    }

    @Test(
        "a damaged block in the views stops nothing: the journal tells what the city has, and the views are made again")
    func damagedBlock() async throws {
        try await fill(3_000)
        try DatabaseFile(test.directory.views).execute("UPDATE block SET data = x'01' || substr(data, 2, 40)")
        try await test.withCity { city in
            let gauge = try template(city)
            let size = city.ledger.size
            _ = try await city.path.committed(observations: [reading(gauge, 100), reading(gauge, 4)]).get()
            #expect(city.ledger.size == size, "the city has both")
            let receipt = try await city.path.committed(observations: [reading(gauge, 101)]).get()
            #expect(receipt.batch == size + 1)
            _ = try await city.path.committed(observations: [reading(gauge, 101)]).get()
            #expect(city.ledger.size == size + 1, "and now it has this one too")
            #expect(city.storageProblem == nil, "commits go on")
            #expect(city.viewsProblem?.contains(test.directory.views) == true)
        }
        #expect(ViewStore.isToBeMadeAgain(test.directory.views))
        try await test.withCity { city in
            #expect(city.viewsProblem == nil)
            let series = try #require(city.views.series.number(of: "temperature", of: CommitTests.entity))
            #expect(try city.views.history.readings(of: series, in: Int64.min...Int64.max).count == 3_001)
        }
    }

    @Test("a damaged open block fails no commit that is durable already")
    func damagedHead() async throws {
        try await fill(10)
        try DatabaseFile(test.directory.views).execute("UPDATE series SET head = x'01' WHERE length(head) > 0")
        try await test.withCity { city in
            let gauge = try template(city)
            _ = try await city.path.committed(observations: [reading(gauge, 500)]).get()
            #expect(city.views.twin.entity(CommitTests.entity)?["temperature"]?.current.value == .number(1))
            let size = city.ledger.size
            _ = try await city.path.committed(observations: [reading(gauge, 4), reading(gauge, 500)]).get()
            #expect(city.ledger.size == size, "the city has them")
            #expect(city.storageProblem == nil)
            #expect(city.viewsProblem != nil)
        }
        try await test.withCity { city in
            let series = try #require(city.views.series.number(of: "temperature", of: CommitTests.entity))
            #expect(try city.views.history.readings(of: series, in: Int64.min...Int64.max).count == 11)
        }
    }

    @Test("a journal that fails is told to who serves the city, and to everyone who submits")
    func failedStore() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            try DatabaseFile(test.directory.journal).execute("DROP TABLE batch")
            let refusal = try await city.publish(#"{"temp":1}"#, from: "gauge").refusal
            #expect(refusal?.code == .unavailable)
            #expect(refusal?.message.contains("store has failed") == true)
            let failure = await city.storeFailure()
            #expect(failure?.message.contains(test.directory.journal) == true)
            #expect(city.storageProblem == failure?.message)
            #expect(try await city.publish(#"{"temp":2}"#, from: "gauge").refusal == refusal)
        }
    }

    @Test("a city that is closed did not fail")
    func closedStore() async throws {
        let city = try test.open()
        city.close()
        #expect(await city.storeFailure() == nil)
    }
}

@Suite("Photographs of the views")
struct PhotographTests {
    let test: TestCity

    init() throws {
        test = try TestCity()
    }

    /// Readings of a device: calm, one a second, and a leap at the end.
    private func readings(_ template: Observation, leap: Double, from second: Int64, count: Int) -> [Observation] {
        (0..<count).map { index in
            var observation = template
            observation.observedAt = Timestamp(microseconds: (1_799_000_000 + second + Int64(index)) * 1_000_000)
            observation.value = .number(10 + Double(index % 7) / 10 + leap)
            return observation
        }
    }

    /// The newest batch in the photograph on disk.
    private func photographed() throws -> UInt64 { try ViewReader(path: test.directory.views).appliedSequence() }

    @Test("are taken under load, too, when every batch leaves a finding")
    func underLoad() async throws {
        let devices = (0..<6).map { "g\($0)" }
        let city = try test.open()
        defer { city.close() }
        var templates: [Observation] = []
        for device in devices {
            try await city.enrol(device, with: test)
            templates.append(try city.understood(#"{"temp":1}"#, from: device).get()[0])
            let calm = readings(templates[templates.count - 1], leap: 0, from: 0, count: 400)
            _ = try await city.path.committed(observations: calm).get()
        }
        try await city.settle(test.clock)
        let before = city.views.applied.batch
        #expect(try photographed() == 0)
        let batches = templates.map { readings($0, leap: 45, from: 400, count: 20) }
        // The next one is there before the one before is answered: the committer is never idle, and each batch finds the
        // clock moved on.
        await withCheckedContinuation { done in
            submit(batches, to: city) { done.resume() }
        }
        #expect(city.views.alerts.newest(.max).count >= batches.count - 1, "each batch left a finding")
        let deadline = ContinuousClock.now + .seconds(30)
        while try photographed() <= before, ContinuousClock.now < deadline { await Task.yield() }
        #expect(try photographed() > before)
    }

    private func submit(_ batches: [[Observation]], to city: City, done: @escaping @Sendable () -> Void) {
        var changes = AcceptedChanges { [test] _ in
            guard batches.count > 1 else { return done() }
            test.clock.advance(by: .seconds(16))
            submit(Array(batches.dropFirst()), to: city, done: done)
        }
        changes.observations = batches[0]
        _ = city.path.commit(changes)
    }
}
