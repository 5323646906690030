/// How an activity goes through the week: a smooth curve through one value for each hour.
struct WeeklyShape: Sendable {
    /// Value at each whole hour, from Monday 0:00; the week repeats.
    private let anchors: [Double]
    /// Integral from Monday 0:00 to each whole hour, and to the end of the week.
    private let integrals: [Double]

    /// - Parameters:
    ///   - workday: 24 values at whole hours, Monday to Friday.
    ///   - saturday: 24 values.
    ///   - sunday: 24 values.
    init(workday: [Double], saturday: [Double], sunday: [Double]) {
        precondition(workday.count == 24 && saturday.count == 24 && sunday.count == 24, "a day has 24 hours")
        anchors = (0..<5).flatMap { _ in workday } + saturday + sunday
        var integrals = [0.0]
        for hour in anchors.indices {
            integrals.append(integrals[hour] + (anchors[hour] + anchors[(hour + 1) % anchors.count]) / 2)
        }
        self.integrals = integrals
    }

    /// The value at a time of the week.
    func value(at time: LocalTime) -> Double {
        let (hour, fraction) = hour(of: time)
        let (from, to) = (anchors[hour], anchors[(hour + 1) % 168])
        return from + (to - from) * (fraction * fraction * (3 - 2 * fraction))
    }

    /// The integral over hours since the calendar's first Monday: grows for ever.
    func integral(to time: LocalTime) -> Double {
        let (hour, f) = hour(of: time)
        let (from, to) = (anchors[hour], anchors[(hour + 1) % 168])
        let week = (time.hours / 168).rounded(.down)
        return week * integrals[168] + integrals[hour] + from * f + (to - from) * (f * f * f - f * f * f * f / 2)
    }

    private func hour(of time: LocalTime) -> (Int, Double) {
        let hours = time.hourOfWeek
        let whole = min(167, Int(hours))
        return (whole, hours - Double(whole))
    }
}

/// An instant as the town's clocks show it.
struct LocalTime: Sendable {
    /// Hours since Monday, 29 December 1969, 0:00 on the town's clocks.
    let hours: Double

    init(_ instant: DemoInstant, utcOffset: Duration) {
        hours = (Double(instant.millisecondsSinceEpoch) + Double(utcOffset.milliseconds)) / 3_600_000 + 72
    }

    /// 0..<168, from Monday 0:00.
    var hourOfWeek: Double { hours - 168 * (hours / 168).rounded(.down) }
    /// 0..<24.
    var hourOfDay: Double { hours - 24 * (hours / 24).rounded(.down) }
    /// Days since the same Monday; a whole number.
    var day: Int { Int((hours / 24).rounded(.down)) }
    /// 0 for Monday.
    var weekday: Int { Int(hourOfWeek / 24) }
    /// 0..<1 from the first of January, give or take a day.
    var yearFraction: Double {
        let years = (hours / 24 - 3) / 365.2425
        return years - years.rounded(.down)
    }
}
