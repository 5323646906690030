import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Synchronization
import Testing
import TimeSeries

/// What became of submissions.
final class Tally: Sendable {
    struct Counts {
        var answers = 0
        var refusals = 0
        var accepted: Set<Int64> = []
    }

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func answered() { state.withLock { $0.answers += 1 } }
    func refused() { state.withLock { $0.refusals += 1 } }
    func accepted(_ time: Int64) { state.withLock { _ = $0.accepted.insert(time) } }
}

@Suite("Commit: keep it, once")
struct CommitTests {
    let test: TestCity
    static let entity = EntityID("urn:ngsi-ld:WeatherObserved:gauge")

    init() throws {
        test = try TestCity()
    }

    private func history(_ city: City, _ attribute: String = "temperature") throws -> [Int64] {
        let series = try #require(city.views.series.number(of: attribute, of: CommitTests.entity))
        return try city.views.history.readings(of: series, in: Int64.min...Int64.max).map(\.time)
    }

    @Test("what is acknowledged is in the journal, the twin and the history")
    func acknowledged() async throws {
        let receipt = try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            let receipt = try await city.publish(#"{"t":1799999999000,"temp":21.5,"text":"x"}"#, from: "gauge").get()
            #expect(city.views.applied == receipt)
            #expect(city.ledger.size == receipt.batch)
            let entity = try #require(city.views.twin.entity(CommitTests.entity))
            #expect(entity["temperature"]?.current.value == .number(21.5))
            #expect(entity["remark"]?.current.value == .text("x"))
            #expect(try history(city) == [1_799_999_999_000_000])
            return receipt
        }
        let values = try test.journalledObservations().map(\.value)
        #expect(values.suffix(2) == [.number(21.5), .text("x")])
        #expect(receipt.committedAt == test.clock.now)
    }

    @Test("a duplicate is acknowledged like the first and kept once, also after a restart")
    func duplicates() async throws {
        let json = #"{"t":1799999990000,"temp":20}"#
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            let first = try await city.publish(json, from: "gauge").get()
            let size = city.ledger.size
            #expect(try await city.publish(json, from: "gauge").get().batch == first.batch)
            #expect(city.ledger.size == size, "a batch of duplicates is no batch")
        }
        try await test.withCity { city in
            _ = try await city.publish(json, from: "gauge").get()
            #expect(try history(city) == [1_799_999_990_000_000])
            let samples = city.metrics.samples()
            #expect(samples.first { $0.name == "bastide_observations_duplicate_total" }?.value == 1)
            #expect(samples.first { $0.name == "bastide_batches_committed_total" }?.value == 0)
        }
        #expect(try test.journalledObservations().count { $0.value == .number(20) } == 1)
    }

    @Test("duplicates within one batch are kept once, early and late ones alike")
    func duplicatesInOneBatch() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            let times = [5, 3, 5, 9, 3, 7, 7, 9, 1, 1, 3]
            let observations = try times.flatMap {
                try city.understood("{\"t\":\(1_799_999_000_000 + $0),\"temp\":1}", from: "gauge").get()
            }
            _ = try await city.path.committed(observations: observations).get()
            #expect(try history(city).map { $0 / 1_000 - 1_799_999_000_000 } == [1, 3, 5, 7, 9])
        }
    }

    @Test(
        "duplicates are found wherever the first is: open block, sealed block in memory, sealed block on disk, word",
        arguments: [false, true])
    func duplicatesAnywhere(reopened: Bool) async throws {
        func payload(_ number: Int) -> String { "{\"t\":\(1_799_000_000_000 + number),\"temp\":1,\"text\":\"a\"}" }
        func publishAll(_ city: City) async throws {
            let observations = try (0..<2_500).flatMap { try city.understood(payload($0), from: "gauge").get() }
            _ = try await city.path.committed(observations: observations).get()
        }
        func publishAgain(_ city: City) async throws {
            let size = city.ledger.size
            for number in [0, 1, 500, 1_023, 1_024, 1_500, 2_047, 2_048, 2_498, 2_499] {
                _ = try await city.publish(payload(number), from: "gauge").get()
            }
            #expect(city.ledger.size == size)
            #expect(try history(city).count == 2_500)
        }
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            try await publishAll(city)
            if !reopened { try await publishAgain(city) }
        }
        if reopened { try await test.withCity { try await publishAgain($0) } }
        #expect(try test.journalledObservations().count { $0.value == .number(1) } == 2_500)
    }

    @Test("readings that come late are kept; the twin shows the newest", arguments: seeds)
    func outOfOrder(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let order = Array(0..<600).shuffled(using: &random)
        let repeated = order + order.shuffled(using: &random).prefix(200)
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            var start = 0
            while start < repeated.count {
                let end = min(start + 1 + random.below(90), repeated.count)
                let observations = try repeated[start..<end].flatMap {
                    try city.understood("{\"t\":\(1_799_000_000_000 + $0),\"temp\":\($0 % 60)}", from: "gauge").get()
                }
                _ = try await city.path.committed(observations: observations).get()
                start = end
            }
            #expect(try history(city).map { Int($0 / 1_000 - 1_799_000_000_000) } == Array(0..<600), "seed \(seed)")
            #expect(city.views.twin.entity(CommitTests.entity)?["temperature"]?.current.value == .number(59))
        }
    }

    @Test("a closed city takes nothing more and answers so; closing twice is closing once")
    func closed() async throws {
        let city = try test.open()
        try await city.enrol("gauge", with: test)
        let observations = try city.understood(#"{"temp":1}"#, from: "gauge").get()
        city.close()
        city.close()
        let refusal = await city.path.committed(observations: observations).refusal
        #expect(refusal?.code == .unavailable)
        #expect(city.storageProblem == "the city is closed")
        #expect(city.views.twin.count == 1, "reads go on")
    }

    @Test("what was handed over before the city closes is committed and answered, every time", arguments: 0..<5)
    func closingUnderLoad(round: Int) async throws {
        let tally = Tally()
        let test = test
        do {
            let city = try test.open()
            try await city.enrol("gauge", with: test)
            let template = try city.understood(#"{"temp":1}"#, from: "gauge").get()[0]
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for number in 0..<300 {
                            var observation = template
                            let time = Int64(worker * 1_000 + number)
                            observation.observedAt = Timestamp(microseconds: time)
                            var changes = AcceptedChanges { result in
                                tally.answered()
                                if case .success = result { tally.accepted(time) }
                            }
                            changes.observations = [observation]
                            if city.path.commit(changes) != nil { tally.refused() }
                        }
                    }
                }
                group.addTask {
                    while tally.counts.answers < 50 * round { await Task.yield() }
                    city.close()
                }
            }
            city.close()
        }
        #expect(tally.counts.answers + tally.counts.refusals == 1_200, "each was answered once or refused")
        let kept = try test.journalledObservations().filter { $0.value == .number(1) }.map(\.observedAt.microseconds)
        #expect(Set(kept).count == kept.count)
        #expect(tally.counts.accepted.isSubset(of: kept))
    }

    @Test("more in one piece than may ever wait is refused for good, events as well as observations")
    func bounded() async throws {
        try await test.withCity { city in
            var changes = AcceptedChanges { _ in }
            let message = RetainedMessage(topic: "a", payload: [1], qos: 0)
            changes.events = Array(repeating: .retained(message), count: 262_145)
            #expect(city.path.commit(changes)?.code == .tooLarge)
            changes.events = []
            changes.observations = Array(
                repeating: Observation(
                    series: SeriesID(index: 0), observedAt: Timestamp(seconds: 0), value: .number(0)), count: 262_145)
            #expect(city.path.commit(changes)?.code == .tooLarge)
            changes.observations = []
            changes.keepings = [Keeping(key: [1], value: [UInt8](repeating: 0, count: City.backlogByteBound))]
            #expect(city.path.commit(changes)?.code == .tooLarge)
            #expect(city.backlog == 0 && city.backlogBytes == 0)
        }
    }

    @Test("a batch is bounded in bytes: large texts come in several")
    func boundedBatches() async throws {
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            let template = try city.understood(#"{"text":"x"}"#, from: "gauge").get()[0]
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        var observation = template
                        observation.observedAt = Timestamp(microseconds: Int64(number))
                        observation.value = .text(String(repeating: "x", count: 1 << 20))
                        _ = await city.path.committed(observations: [observation])
                    }
                }
            }
        }
        let contents = try DatabaseFile(test.directory.journal).contents().map(\.content.count)
        #expect(contents.reduce(0, +) > 40 << 20)
        #expect(contents.allSatisfy { $0 <= StorageLimits.bytesPerBatch })
    }

    @Test("a city that is let go of without being closed closes, and another can be opened")
    func letGo() async throws {
        var city: City? = try test.open()
        try await city?.enrol("gauge", with: test)
        #expect(storageError { _ = try test.open() }?.code == .inUse)
        city = nil
        try await test.withCity { #expect($0.views.registry.count == 1) }
    }
}
