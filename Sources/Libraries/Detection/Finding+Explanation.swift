extension Finding {
    /// The finding in one sentence, for the person who reads the alert.
    ///
    /// For example: "Ring road north: 318 vehicles/h is far above the 40 to 95 vehicles/h expected on a Tuesday at 03:10
    /// UTC; a rise that began at 02:50 UTC".
    ///
    /// - Parameters:
    ///   - value: The value that was observed.
    ///   - unit: Its unit as people write it; may be empty.
    ///   - name: What was observed, as people call it; may be empty.
    ///   - utcOffset: Local time less UTC, for the times in the sentence; each says which that is.
    /// - Returns: A sentence without a full stop.
    public func explanation(value: Double, unit: String, name: String, utcOffset: Duration = .zero) -> String {
        let clock = Clock(offset: utcOffset)
        let subject = name.isEmpty ? "" : name + ": "
        let quantity = amount(value, unit)
        return subject + quantity + " " + predicate(value, unit, clock)
    }

    private func predicate(_ value: Double, _ unit: String, _ clock: Clock) -> String {
        let usual = range(unit) + (followsRhythm ? " expected on a \(clock.weekdayAndTime(time))" : " usual of late")
        switch kind {
        case .ignored: return "was not judged: not a number, or older than the newest reading"
        case .stuck: return "has not changed since \(clock.time(since, seenFrom: time)), longer than ever before"
        case .unsteady: return "comes after readings that vary far more than usual; \(range(unit)) is usual"
        case .subdued: return "comes after readings that vary far less than usual; \(range(unit)) is usual"
        case .levelShift:
            return "belongs to a new level \(deviation > 0 ? "above" : "below") the \(usual)" + onset(clock)
        case .spike, .dip, .rhythm, .ordinary: break
        }
        let (above, below) = (value - expectedHigh, expectedLow - value)
        // Far is more than half as wide as the usual range itself.
        let far = max(above, below) > (expectedHigh - expectedLow) / 2 ? "far " : ""
        if above > 0 { return "is \(far)above the \(usual)" + onset(clock) }
        if below > 0 { return "is \(far)below the \(usual)" + onset(clock) }
        guard kind != .ordinary else { return "is within the \(usual)" }
        return "lies within the \(usual), but came as a sudden \(kind == .dip || deviation < 0 ? "fall" : "rise")"
    }

    private func onset(_ clock: Clock) -> String {
        guard since < time else { return "" }
        return "; a \(deviation > 0 ? "rise" : "fall") that began at \(clock.time(since, seenFrom: time))"
    }

    private func range(_ unit: String) -> String {
        let (low, high) = (plain(expectedLow), plain(expectedHigh))
        return (low == high ? low : "\(low) to \(high)") + (unit.isEmpty ? "" : " " + unit)
    }

    private func amount(_ value: Double, _ unit: String) -> String {
        plain(value) + (unit.isEmpty ? "" : " " + unit)
    }

    /// A number with about three digits, and no more after the point than tell something.
    private func plain(_ number: Double) -> String {
        let size = abs(number)
        guard size < 1e15, size >= 0.001 || size == 0 else { return "\(number)" }
        let factor: Double = size >= 100 ? 1 : size >= 10 ? 10 : size >= 1 ? 100 : 1_000
        let text = "\((number * factor).rounded() / factor)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

/// Instants as people say them, at one offset from UTC, which they are told.
private struct Clock {
    private let offset: Int32

    init(offset: Duration) { self.offset = offset.clampedSeconds }

    /// `UTC`, `UTC+1`, `UTC-03:30`.
    private var zone: String {
        let minutes = abs(offset) / 60
        guard minutes > 0 else { return "UTC" }
        let hours = "UTC\(offset < 0 ? "-" : "+")"
        return minutes % 60 == 0
            ? hours + "\(minutes / 60)" : hours + twoDigits(Int(minutes / 60)) + ":" + twoDigits(Int(minutes % 60))
    }

    private static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    func weekdayAndTime(_ instant: Int64) -> String {
        let moment = LocalMoment(instant, utcOffsetSeconds: offset)
        return "\(Self.weekdays[moment.weekday]) at \(hoursAndMinutes(moment))"
    }

    /// Hours and minutes, after the weekday when that is not the day of `now`.
    func time(_ instant: Int64, seenFrom now: Int64) -> String {
        let moment = LocalMoment(instant, utcOffsetSeconds: offset)
        let isRecent = now.subtractingReportingOverflow(instant).partialValue < 86_400_000_000
        let isToday = isRecent && moment.weekday == LocalMoment(now, utcOffsetSeconds: offset).weekday
        return isToday ? hoursAndMinutes(moment) : "\(hoursAndMinutes(moment)) on \(Self.weekdays[moment.weekday])"
    }

    private func hoursAndMinutes(_ moment: LocalMoment) -> String {
        let minutes = moment.secondOfDay / 60
        return "\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60)) \(zone)"
    }

    private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
