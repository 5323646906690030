import CityModel
import CityStorage
import Testing
import TimeSeries

@Suite("History")
struct HistoryTests {
    let folder: TemporaryFolder
    let views: ViewStore
    let history: History
    static let series = SeriesID(index: 0)
    static let always = Int64.min...Int64.max

    init() throws {
        folder = try TemporaryFolder()
        views = try ViewStore(path: folder.views)
        history = History(views: views)
    }

    private func apply(_ times: [Int64], series: UInt32 = 0) {
        history.apply(
            times.map { time in
                History.Entry(
                    series: SeriesID(index: series),
                    reading: Reading(time: time, value: Double(time) / 2, score: 0))
            })
    }

    /// Saves as the photographer does, and forgets or not.
    private func save(forgetting: Bool = true) throws {
        let changes = history.takeChanges()
        var snapshot = ViewSnapshot(appliedSequence: 1)
        snapshot.blocks = changes.blocks
        snapshot.words = changes.words
        for (series, head, late) in changes.heads {
            snapshot.series.append(
                SeriesSnapshot(
                    definition: definition(series.index),
                    observedAt: Timestamp(microseconds: history.newest(of: series)), value: nil, score: 0, head: head,
                    late: late))
        }
        try views.save(snapshot)
        if forgetting { history.forget(saved: changes.blocks, words: changes.words) }
    }

    private func reopened() throws -> History {
        let store = try ViewStore(path: folder.views)
        let history = History(views: store)
        for snapshot in try store.series() { history.restore(snapshot) }
        return history
    }

    private func times(_ span: ClosedRange<Int64> = always, limit: Int = .max) throws -> [Int64] {
        try history.readings(of: HistoryTests.series, in: span, newest: limit).map(\.time)
    }

    @Test("a reading is there exactly once: in the open block, in a sealed one in memory, and on disk")
    func contains() throws {
        apply(Array(0..<3_000))
        for time in [Int64(0), 1_023, 1_024, 2_500, 2_999] {
            #expect(try history.contains(HistoryTests.series, at: time))
        }
        #expect(try !history.contains(HistoryTests.series, at: 3_000))
        #expect(try !history.contains(HistoryTests.series, at: -1))
        #expect(try !history.contains(SeriesID(index: 9), at: 0))
        try save()
        for time in [Int64(0), 1_023, 1_024, 2_500, 2_999] {
            #expect(try history.contains(HistoryTests.series, at: time), "on disk")
        }
        let again = try reopened()
        #expect(try again.contains(HistoryTests.series, at: 5))
        #expect(try again.contains(HistoryTests.series, at: 2_999))
        #expect(try !again.contains(HistoryTests.series, at: -1))
        #expect(again.newest(of: HistoryTests.series) == 2_999)
    }

    @Test("readings of a span come in order, from disk and memory, each once, also while they are being saved")
    func readings() throws {
        apply(Array(0..<2_500))
        try save(forgetting: false)
        apply(Array(2_500..<2_600))
        #expect(try times() == Array(0..<2_600))
        #expect(try times(1_000...1_030) == Array(1_000...1_030))
        #expect(try times(limit: 5) == [2_595, 2_596, 2_597, 2_598, 2_599])
        #expect(try times(5_000...6_000).isEmpty)
        #expect(try history.readings(of: SeriesID(index: 77), in: HistoryTests.always).isEmpty)
    }

    @Test("late readings find their place, however late", arguments: seeds)
    func outOfOrder(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let order = Array(Int64(0)..<3_000).shuffled(using: &random)
        for start in stride(from: 0, to: order.count, by: 250) {
            apply(Array(order[start..<(start + 250)]))
            if random.below(3) == 0 { try save(forgetting: random.below(4) > 0) }
        }
        #expect(try times() == Array(0..<3_000), "seed \(seed)")
        for _ in 0..<50 {
            let low = Int64(random.below(3_000))
            let high = low + Int64(random.below(400))
            #expect(try times(low...high) == Array(low...min(high, 2_999)), "seed \(seed)")
        }
        for _ in 0..<50 {
            let time = Int64(random.below(3_500))
            #expect(try history.contains(HistoryTests.series, at: time) == (time < 3_000), "seed \(seed)")
        }
    }

    @Test("values that are not numbers are kept one by one, in memory and on disk")
    func words() throws {
        let words = (0..<10).map { observation(1, at: Int64($0), .text("v\($0)")) }
        history.apply(words: Array(words[..<6]))
        try save()
        history.apply(words: Array(words[6...]))
        let series = SeriesID(index: 1)
        #expect(try history.words(of: series, in: HistoryTests.always, newest: 100) == words)
        #expect(try history.words(of: series, in: HistoryTests.always, newest: 3) == Array(words[7...]))
        let span = words[4].observedAt.microseconds...words[7].observedAt.microseconds
        #expect(try history.words(of: series, in: span, newest: 100) == Array(words[4...7]))
        for word in words { #expect(try history.contains(series, at: word.observedAt.microseconds)) }
        #expect(try !history.contains(series, at: words[0].observedAt.microseconds + 1))
        #expect(history.newest(of: series) == words[9].observedAt.microseconds)
    }

    @Test("looking for a value among two hundred thousand unsaved ones is no scan")
    func lateWords() throws {
        let words = (0..<200_000).map { observation(1, at: Int64(200_000 - $0), .boolean(true)) }
        history.apply(words: words)
        let clock = ContinuousClock()
        let began = clock.now
        for word in words.prefix(20_000) {
            guard try history.contains(SeriesID(index: 1), at: word.observedAt.microseconds) else {
                Issue.record("\(word) is not there")
                return
            }
        }
        let took = clock.now - began
        #expect(took < .seconds(20), "a scan for each would take minutes")
    }

    @Test("counts bytes and readings of all that is stored; a calm series takes less than four bytes a reading")
    func totals() throws {
        apply((0..<5_000).map { $0 * 1_000_000 })
        let inMemory = try history.totals()
        #expect(inMemory.readings == 5_000)
        #expect(Double(inMemory.bytes) / 5_000 < 4)
        try save()
        #expect(try history.totals().readings == 5_000)
        #expect(try reopened().totals() == history.totals())
    }

    @Test("an open block that was saved stays as it was until somebody writes to its series")
    func dormant() throws {
        apply(Array(0..<100))
        try save()
        let again = try reopened()
        #expect(try again.readings(of: HistoryTests.series, in: HistoryTests.always).count == 100)
        again.apply([
            History.Entry(series: HistoryTests.series, reading: Reading(time: 100, value: 1, score: 0))
        ])
        #expect(try again.readings(of: HistoryTests.series, in: HistoryTests.always).count == 101)
    }

    @Test("a damaged open block is told, not taken for an empty one; commits go on, and the views are marked")
    func damagedHead() throws {
        history.restore(
            SeriesSnapshot(
                definition: definition(0), observedAt: Timestamp(microseconds: 9), value: nil, score: 0,
                head: LateBytes([1, 2, 3])))
        apply([10, 11])
        #expect(views.damage?.code == .damaged)
        #expect(history.newest(of: HistoryTests.series) == 11)
        #expect(storageError { _ = try times() }?.code == .damaged)
        #expect(history.recall(HistoryTests.series, at: 5).isThere == nil)
        #expect(storageError { _ = try history.contains(HistoryTests.series, at: 5) }?.code == .damaged)
        #expect(try history.contains(HistoryTests.series, at: 10), "what came since is there")
        #expect(ViewStore.isToBeMadeAgain(folder.views))
    }

    /// The newest of the series, and one of long ago, in turns.
    private func alternate(_ count: Int) {
        for index in Int64(0)..<Int64(count) { apply([1_000_000 + index, (index * 7_919) % 1_000_000]) }
    }

    @Test("readings that come late do not make every block span everything", arguments: [false, true])
    func lateReadings(isReopened: Bool) throws {
        alternate(10_000)
        try save()
        let history = isReopened ? try reopened() : history
        let spans = try views.blocks(of: HistoryTests.series, in: HistoryTests.always).map {
            $0.header.firstTime...$0.header.lastTime
        }
        let inOrder = spans.filter { $0.lowerBound >= 1_000_000 }.sorted { $0.lowerBound < $1.lowerBound }
        #expect(inOrder.count == 9)
        #expect(zip(inOrder, inOrder.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        #expect(spans.count { $0.contains(500_000) } <= 10, "of in-order ones the very first alone reaches back")
        for index in Int64(0)..<200 {
            #expect(try history.contains(HistoryTests.series, at: (index * 7_919) % 1_000_000))
            #expect(try history.contains(HistoryTests.series, at: 1_000_000 + index * 50))
        }
        #expect(try !history.contains(HistoryTests.series, at: 999_999))
        let all = try history.readings(of: HistoryTests.series, in: HistoryTests.always)
        #expect(all.count == 20_000)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.time < $1.time })
        #expect(
            try history.readings(of: HistoryTests.series, in: HistoryTests.always, newest: 3).map(\.time) == [
                1_009_997, 1_009_998, 1_009_999,
            ])
    }

    @Test("what was looked for on disk is remembered, for readings that are not there too")
    func remembered() throws {
        apply((0..<5_000).map { $0 * 2 })
        try save()
        #expect(history.recall(HistoryTests.series, at: 101).isThere == nil)
        #expect(try history.lookUp(HistoryTests.series, at: 101) == (false, 1))
        #expect(history.recall(HistoryTests.series, at: 101) == History.Recollection(isThere: false, blocks: 1))
        #expect(history.recall(HistoryTests.series, at: 500) == History.Recollection(isThere: true, blocks: 1))
        #expect(try history.lookUp(HistoryTests.series, at: 9_000) == (true, 0), "it is in the open block")
        #expect(history.recall(HistoryTests.series, at: 9_001) == History.Recollection(isThere: false, blocks: 0))
        // Another block goes to disk: what is remembered of the others stays, and it counts.
        apply((5_000..<7_000).map { $0 * 2 })
        try save()
        #expect(history.recall(HistoryTests.series, at: 101).isThere == false)
        #expect(try history.contains(HistoryTests.series, at: 11_000))
        #expect(try !history.contains(HistoryTests.series, at: 11_001))
    }

    @Test("more blocks than are remembered are looked up again, and nothing is mistaken", arguments: seeds.prefix(2))
    func forgetful(seed: UInt64) throws {
        let blocks = 530
        apply((0..<Int64(blocks * 1_024)).map { $0 * 3 })
        try save()
        var random = SeededRandom(seed: seed)
        for _ in 0..<1_000 {
            let time = Int64(random.below(blocks * 1_024 * 3))
            #expect(try history.contains(HistoryTests.series, at: time) == (time % 3 == 0), "seed \(seed)")
        }
    }
}
