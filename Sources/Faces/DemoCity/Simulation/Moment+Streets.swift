import Foundation

extension Moment {
    /// Intensity, speed, occupancy.
    func traffic(_ effects: EventEffects) -> [Double] {
        let rain = weather.rain
        let jam = effects.jam
        let lanes = device.roadClass == .ring ? 4.0 : 2.0
        let free = device.roadClass.freeFlowSpeed * (0.94 + 0.12 * device.lean)
        let demand = device.size * roadActivity * (1 - 0.06 * rain)
        let flow = max(0, demand * (1 - 0.55 * jam) * (1 + 0.04 * noise(2)) + 3 * noise(3))
        let load = min(1.2, demand / (device.size * 1.15))
        let speed = free * (1 - 0.3 * load * load * load) * (1 - 0.09 * rain) * (1 - 0.84 * jam) * (1 + 0.03 * noise(4))
        // Vehicles on each lane's kilometre, times the six and a half metres each covers.
        let occupancy = flow / (lanes * max(4, speed)) * 0.006_5 + 0.42 * jam + 0.002 * abs(noise(5))
        return [flow, max(2, speed), min(0.98, occupancy)]
    }

    /// Sound level.
    func sound() -> [Double] {
        let loudest: Double =
            switch device.roadClass {
            case .ring: 73
            case .primary, .bridge: 69
            case .secondary: 65.5
            case .street: 60
            case .lane, .pedestrian: 54
            }
        var energy = 0.05 + roadActivity
        if device.use == .shops {
            energy += 0.8 * WeeklyShape.terraces.value(at: local) * (1 + 0.2 * latent(.visitors))
        }
        let level = loudest + 10 * log10(energy) + 3 * (device.lean - 0.5) + 2 * weather.rain
        return [max(31, level) + 0.9 * noise(2)]
    }

    /// Free spaces.
    func parking() -> [Double] {
        let shape = WeeklyShape.parking(device.use).value(at: local)
        let taken = shape * (0.92 + 0.1 * device.lean + 0.07 * latent(.visitors)) + 0.03 * drift(2, over: 0.25)
        return [(device.size * (1 - min(0.995, max(0.01, taken)))).rounded()]
    }

    /// State, level, power.
    func light() -> [Double] {
        let threshold = -3.5 + 1.2 * device.lean - 0.8 * max(0, drift(2, over: 9))
        guard weather.sunElevation < threshold else { return [0, 0, 1.6 + 0.1 * abs(noise(3))] }
        let hour = local.hourOfDay
        let isDimmed = hour >= 23.5 || hour < 5
        let level = isDimmed ? 0.45 : 1.0
        return [
            isDimmed ? 1 : 2, level, 1.6 + device.size * level * (1 + 0.015 * noise(3) + 0.03 * drift(4, over: 20)),
        ]
    }
}
