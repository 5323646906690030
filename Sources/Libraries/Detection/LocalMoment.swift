/// Where an instant lies in the local day and week.
struct LocalMoment {
    /// Seconds since local midnight: 0 to 86,399.
    let secondOfDay: Int
    /// Days since Monday: 0 to 6.
    let weekday: Int

    init(_ time: Int64, utcOffsetSeconds: Int32) {
        let seconds = time / 1_000_000 - (time % 1_000_000 < 0 ? 1 : 0) + Int64(utcOffsetSeconds)
        let second = (seconds % 86_400 + 86_400) % 86_400
        secondOfDay = Int(second)
        // 1970-01-01 was a Thursday.
        weekday = Int((((seconds - second) / 86_400 + 3) % 7 + 7) % 7)
    }

    private var kindOfDay: Int { weekday >= 5 ? Rhythm.halfHours : 0 }

    /// Index of this half hour among the 48 of weekdays and the 48 of weekends.
    var halfHour: Int { kindOfDay + secondOfDay / 1_800 }

    /// Index of the same half hour on the other kind of day.
    var sameHalfHourOnOtherDays: Int { (halfHour + Rhythm.halfHours) % (2 * Rhythm.halfHours) }

    /// The half hours whose middles lie before and after this instant, and how far it is from the one to the other.
    var neighbours: (before: Int, after: Int, share: Float) {
        let sinceMiddle = (secondOfDay + 86_400 - 900) % 86_400
        let before = sinceMiddle / 1_800
        let share = Float(sinceMiddle % 1_800) / 1_800
        return (kindOfDay + before, kindOfDay + (before + 1) % Rhythm.halfHours, share)
    }
}
