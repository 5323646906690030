import Testing
import TimeSeries

@Suite("Windows and charts")
struct WindowTests {
    @Test("a window holds the readings from its start up to, but without, the next")
    func tumbling() {
        let readings = [0, 9, 10, 25].map { Reading(time: $0, value: Double($0)) }
        let windows = windows(of: readings, width: .microseconds(10))
        #expect(windows.map(\.start) == [0, 10, 20])
        #expect(windows[0].aggregate.count == 2 && windows[0].aggregate.sum == 9 && windows[0].aggregate.mean == 4.5)
        #expect(windows[0].aggregate.first == 0 && windows[0].aggregate.last == 9)
        #expect(windows[0].aggregate.minimum == 0 && windows[0].aggregate.maximum == 9)
    }

    @Test("times before 1970 fall into windows that start at or before them, even at the end of Int64")
    func negative() {
        let readings = [Int64.min, -11, -10, -1, .max].map { Reading(time: $0, value: 1) }
        #expect(
            windows(of: readings, width: .microseconds(10)).map(\.start)
                == [.min, -20, -10, Int64.max / 10 * 10])
    }

    @Test("late readings and NaN do not disturb the windows")
    func late() {
        let readings = [(20, 1.0), (0, 2), (21, .nan), (10, 3), (1, 4)].map { Reading(time: $0.0, value: $0.1) }
        let windows = windows(of: readings, width: .microseconds(10))
        #expect(windows.map(\.start) == [0, 10, 20])
        #expect(windows.map(\.aggregate.sum) == [6, 3, 1])
        #expect(Aggregate(of: [Reading(time: 0, value: .nan)]) == nil)
    }

    @Test("a merged aggregate is that of all readings, in either order")
    func merge() throws {
        let readings = (0..<10).map { Reading(time: $0, value: Double(($0 * 7) % 10)) }
        var left = try #require(Aggregate(of: readings[..<4]))
        var right = try #require(Aggregate(of: readings[4...]))
        let (leftAlone, whole) = (left, Aggregate(of: readings))
        left.merge(right)
        right.merge(leftAlone)
        #expect(left == whole && right == whole)
    }

    @Test("a downsampled series keeps every bucket's extremes, the order, and the limit", arguments: [4, 40, 100, 999])
    func downsampling(limit: Int) {
        var points = (0..<5_000).map { Reading(time: Int64($0) * 1_000, value: Double($0 % 50)) }
        points[3_333].value = 1_000
        points[1_234].value = -1_000
        let chosen = downsample(points, to: limit)
        #expect(chosen.count <= limit)
        #expect(chosen.contains(points[3_333]) && chosen.contains(points[1_234]))
        #expect(chosen.first == points.first && chosen.last == points.last)
        #expect(zip(chosen, chosen.dropFirst()).allSatisfy { $0.time < $1.time })
    }

    @Test("few points, one instant, NaN and absurd limits are harmless")
    func downsamplingOddities() {
        let few = (0..<4).map { Reading(time: $0, value: 0) }
        #expect(downsample(few, to: -1) == few)
        #expect(downsample([], to: 10).isEmpty)
        let instant = (0..<100).map { Reading(time: 7, value: Double($0)) }
        #expect(downsample(instant, to: 8).count <= 4)
        let nothing = (0..<100).map { Reading(time: $0, value: .nan) }
        #expect(downsample(nothing, to: 8).count <= 8)
        let wide = [Int64.min, -1, 0, 1, 2, 3, .max].map { Reading(time: $0, value: 1) }
        #expect(downsample(wide, to: 4).map(\.time) == [.min, .max])
    }
}
