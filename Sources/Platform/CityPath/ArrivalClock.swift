import CityModel
import Synchronization

/// When readings came that bring no time of their own: the present, and never the same instant twice.
///
/// Many messages may be read in one go, and two that stood at one instant would count as one. Each takes an instant of
/// its own, a microsecond after the one before where the present has not moved on.
final class ArrivalClock: Sendable {
    private let last = Atomic<Int64>(.min)

    /// An instant that nobody else gets from this clock.
    ///
    /// - Parameter now: The present, as the caller has it; may be a little old.
    /// - Returns: `now`, or later than every instant before where that is not later by itself.
    func instant(at now: Timestamp) -> Timestamp {
        var known = last.load(ordering: .relaxed)
        while true {
            let next = max(now.microseconds, known &+ 1)
            let (isMine, newer) = last.weakCompareExchange(expected: known, desired: next, ordering: .relaxed)
            if isMine { return Timestamp(microseconds: next) }
            known = newer
        }
    }
}

/// One clock for each device, however many connections it speaks through: a series has one device.
final class ArrivalClocks: Sendable {
    private let clocks = Mutex<[DeviceID: ArrivalClock]>([:])
    /// For what no device says.
    private let common = ArrivalClock()

    /// The clock of a device that is registered, or the one for everything else. Asked once for each route.
    func clock(of device: DeviceID?) -> ArrivalClock {
        guard let device else { return common }
        return clocks.withLock { clocks in
            if let clock = clocks[device] { return clock }
            let clock = ArrivalClock()
            clocks[device] = clock
            return clock
        }
    }
}
