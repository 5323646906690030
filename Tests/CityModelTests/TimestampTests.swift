import CityModel
import Testing

@Suite("Moments")
struct TimestampTests {
    static let start = Timestamp(seconds: 1_800_000_000)

    @Test("a moment and a duration make a later one, and back")
    func arithmetic() {
        let later = TimestampTests.start + .milliseconds(1_500)
        #expect(later.microseconds == 1_800_000_001_500_000)
        #expect(later - .milliseconds(1_500) == TimestampTests.start)
        #expect(later.since(TimestampTests.start) == .milliseconds(1_500))
        #expect(TimestampTests.start.since(later) == .milliseconds(-1_500))
        #expect(TimestampTests.start < later)
    }

    @Test("what is finer than a microsecond is cut off")
    func nanoseconds() {
        #expect((TimestampTests.start + .nanoseconds(1_999)).microseconds == 1_800_000_000_000_001)
    }

    @Test("the ends of time are walls, not traps")
    func saturates() {
        let (first, last) = (Timestamp(microseconds: .min), Timestamp(microseconds: .max))
        #expect(last + .seconds(1) == last)
        #expect(first - .seconds(1) == first)
        #expect(TimestampTests.start + .seconds(Int64.max / 2) == last)
        #expect(TimestampTests.start - .seconds(Int64.max / 2) == first)
        #expect(last.since(first) == .microseconds(Int64.max))
        #expect(first.since(last) == .microseconds(Int64.min))
    }

    @Test("a clock says what it is told to")
    func clock() {
        #expect(CityClock { TimestampTests.start }.now == TimestampTests.start)
    }
}
