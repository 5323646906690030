import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Testing
import TimeSeries

@Suite(
    "A full disk stops acknowledgements, not the city",
    .enabled(if: SmallDisk.isPossible, "needs the right to mount a file system in memory: run as root"))
struct DiskFullTests {
    let original: TestCity
    let disk: SmallDisk
    let test: TestCity
    static let entity = EntityID("urn:ngsi-ld:WeatherObserved:gauge")

    init() throws {
        original = try TestCity()
        disk = try #require(SmallDisk.mount(megabytes: 12))
        test = TestCity(copyOf: original, in: disk.path + "/city", isTemporary: false)
        try DurableFile.makeFolder(test.directory.path, mode: 0o700)
        try DurableFile.write("x".utf8, to: test.directory.configuration, mode: 0o600)
        try City.found(test.directory, origin: TestCity.origin)
    }

    /// Submits readings until one is not acknowledged because the disk is full.
    private func fillDisk(_ city: City, _ tally: Tally) async throws -> Int {
        let template = try city.understood(#"{"temp":1}"#, from: "gauge").get()[0]
        var submitted = 0
        while city.storageProblem == nil {
            if submitted == 3 { try disk.fill() }
            var changes = AcceptedChanges { result in
                tally.answered()
                if case .success = result { tally.accepted(0) } else { tally.refused() }
            }
            changes.observations = (0..<500).map { index in
                var observation = template
                observation.observedAt = Timestamp(microseconds: Int64(submitted * 500 + index) * 1_000)
                // Noise, so that it takes room.
                observation.value = .number(Double(index) * 0.123456789 + Double(submitted))
                return observation
            }
            #expect(city.path.commit(changes) == nil)
            submitted += 1
            let target = submitted
            while city.storageProblem == nil, tally.counts.answers < target { await Task.yield() }
        }
        return submitted
    }

    private func readings(_ city: City) throws -> [Int64] {
        let series = try #require(city.views.series.number(of: "temperature", of: DiskFullTests.entity))
        return try city.views.history.readings(of: series, in: Int64.min...Int64.max).map(\.time)
    }

    @Test("acknowledgements stop and reads go on; when there is room again all that waited is kept, once")
    func resumes() async throws {
        let tally = Tally()
        let submitted: Int = try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            let submitted = try await fillDisk(city, tally)
            #expect(tally.counts.answers == submitted - 1, "the last one waits")
            #expect(tally.counts.refusals == 0)
            #expect(city.storageProblem?.contains("no room on the disk") == true)
            #expect(city.storageProblem?.contains(test.directory.journal) == true)
            #expect(try readings(city).count == (submitted - 1) * 500)
            #expect(city.views.twin.entity(DiskFullTests.entity)?["temperature"] != nil)
            #expect(city.path.authorise(AuthoriseTests.eva, .readEntities).refusal == nil)
            try disk.release()
            while tally.counts.answers < submitted { await Task.yield() }
            #expect(tally.counts.refusals == 0)
            #expect(city.storageProblem == nil)
            let answer = try await city.publish(#"{"temp":21}"#, from: "gauge")
            #expect(answer.refusal == nil)
            return submitted
        }
        try await test.withCity { city in
            let times = try readings(city)
            #expect(times.count == submitted * 500 + 1)
            #expect(Set(times).count == times.count)
        }
    }

    @Test("a city that stops while the disk is full answers those who wait, and keeps what it acknowledged")
    func stops() async throws {
        let tally = Tally()
        let submitted: Int = try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            return try await fillDisk(city, tally)
        }
        #expect(tally.counts.answers == submitted, "everyone got an answer")
        #expect(tally.counts.refusals == 1)
        try disk.release()
        try await test.withCity { city in
            let kept = try readings(city).count
            #expect(kept == (submitted - 1) * 500)
            let answer = try await city.publish(#"{"temp":21}"#, from: "gauge")
            #expect(answer.refusal == nil)
        }
    }
}
