import Foundation

extension Moment {
    /// Power, free sockets.
    ///
    /// Each socket's day is cut into slots; in each slot a car may arrive, stay some hours and charge ever more slowly.
    func charging() -> [Double] {
        var power = 0.0
        var taken = 0.0
        for socket in 0..<Int(device.size) {
            guard let elapsed = session(at: UInt64(socket)) else { continue }
            taken += 1
            // Full power for the first hour or so, then a tail.
            power += ratedPower * min(1, exp(-(elapsed - 0.9) / 0.8)) * (1 + 0.008 * noise(20 + UInt64(socket)))
        }
        return [max(0, power) + 0.05, device.size - taken]
    }

    /// Kilowatts of one socket: a third of the stations charge fast.
    private var ratedPower: Double { device.lean > 0.67 ? 50 : 11 }

    /// Hours since the car at `socket` came, if there is one.
    private func session(at socket: UInt64) -> Double? {
        let slotHours = 1.5
        let slot = (local.hours / slotHours).rounded(.down)
        // Who came first holds the socket: look at the oldest slot that can still reach until now.
        for back in stride(from: 2.0, through: 0, by: -1) {
            let bits = SeededRandom.mix(device.seed &+ 40 &+ socket, UInt64(bitPattern: Int64(slot - back)))
            let arrival = (slot - back + SeededRandom.unit(bits)) * slotHours
            let popularity = WeeklyShape.parking(device.use == .residents ? .shops : device.use)
                .value(at: LocalTime(hours: arrival))
            let draws = SeededRandom.mix(bits)
            guard SeededRandom.unit(draws) < 0.5 * popularity else { continue }
            let stay = 0.5 + 2 * SeededRandom.unit(SeededRandom.mix(draws))
            if local.hours >= arrival, local.hours < arrival + stay { return local.hours - arrival }
        }
        return nil
    }
}
