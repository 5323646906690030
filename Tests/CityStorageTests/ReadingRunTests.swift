import CityModel
import CityStorage
import Foundation
import GRDB
import Testing
import TimeSeries

@Suite("Readings where they lie")
struct ReadingRunTests {
    static let series = SeriesID(index: 0)
    static let always = Int64.min...Int64.max

    let folder: TemporaryFolder
    let views: ViewStore
    let history: History

    init() throws {
        folder = try TemporaryFolder()
        views = try ViewStore(path: folder.views)
        history = History(views: views)
    }

    private func apply(_ times: [Int64]) {
        history.apply(
            times.map {
                History.Entry(
                    series: ReadingRunTests.series, reading: Reading(time: $0, value: Double($0) / 2, score: 0))
            })
    }

    /// Puts sealed blocks on disk.
    private func save(forgetting: Bool = true) throws {
        let changes = history.takeChanges()
        var snapshot = ViewSnapshot(appliedSequence: 1)
        snapshot.blocks = changes.blocks
        try views.save(snapshot)
        if forgetting { history.forget(saved: changes.blocks, words: []) }
    }

    private func times(_ span: ClosedRange<Int64> = always) throws -> [Int64] {
        var times: [Int64] = []
        try history.run(of: ReadingRunTests.series, in: span).forEach { times.append($0.time) }
        return times
    }

    /// Makes the bytes of the block on disk that begins at a time unreadable.
    private func damageBlock(from first: Int64) throws {
        let queue = try DatabaseQueue(path: folder.views)
        try queue.write { try $0.execute(sql: "UPDATE block SET data = x'00' WHERE first = ?", arguments: [first]) }
        try queue.close()
    }

    @Test("one by one they come in order, each once, however late they came", arguments: seeds)
    func inOrder(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let order = Array(Int64(0)..<6_000).shuffled(using: &random)
        for start in stride(from: 0, to: order.count, by: 500) {
            apply(Array(order[start..<(start + 500)]))
            if random.below(3) == 0 { try save(forgetting: random.below(4) > 0) }
        }
        #expect(try times() == Array(0..<6_000), "seed \(seed)")
        for _ in 0..<30 {
            let low = Int64(random.below(6_000))
            let high = low + Int64(random.below(2_000))
            let expected = Array(low...min(high, 5_999))
            #expect(try times(low...high) == expected, "seed \(seed)")
            let limit = 1 + Int(random.below(700))
            let newest = try history.readings(of: ReadingRunTests.series, in: low...high, newest: limit).map(\.time)
            #expect(newest == expected.suffix(limit), "seed \(seed), \(limit) of \(low)...\(high)")
            let extent = try #require(try history.run(of: ReadingRunTests.series, in: low...high).extent)
            #expect(extent.contains(low) && extent.contains(min(high, 5_999)))
            #expect(extent.lowerBound >= low && extent.upperBound <= high)
        }
    }

    @Test("for the newest readings no older block is unpacked than it takes")
    func newest() throws {
        apply(Array(0..<10_000))
        try save()
        try damageBlock(from: 0)
        let newest = try history.readings(of: ReadingRunTests.series, in: ReadingRunTests.always, newest: 3_000)
        #expect(newest.map(\.time) == Array(7_000..<10_000))
        #expect(storageError { _ = try history.readings(of: ReadingRunTests.series, in: 0...10) }?.code == .damaged)
    }

    @Test("one by one, a block is unpacked when its time has come")
    func oneByOne() throws {
        apply(Array(0..<10_000))
        try save()
        try damageBlock(from: 8 * 1_024)
        var count = 0
        let run = try history.run(of: ReadingRunTests.series, in: ReadingRunTests.always)
        #expect(storageError { try run.forEach { _ in count += 1 } }?.code == .damaged)
        #expect(count == 8 * 1_024)
    }

    @Test("where there is nothing there is no extent, and nothing comes")
    func nothing() throws {
        apply([5])
        for run in [
            try history.run(of: SeriesID(index: 9), in: ReadingRunTests.always),
            try history.run(of: ReadingRunTests.series, in: 6...9),
        ] {
            #expect(run.extent == nil)
            try run.forEach { _ in Issue.record("a reading from nowhere") }
            #expect(try run.newest(5).isEmpty)
        }
        #expect(try history.run(of: ReadingRunTests.series, in: 0...9).newest(0).isEmpty)
    }
}
