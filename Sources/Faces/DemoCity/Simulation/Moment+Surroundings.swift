import Foundation

extension Moment {
    /// Nitrogen dioxide, PM10, PM2.5, ozone, temperature, relative humidity.
    func air(_ effects: EventEffects) -> [Double] {
        let weather = weather
        let exposure = 0.5 + min(1, device.roadClass.peakIntensity / 1_500)
        let stagnation = 1.5 / (0.5 + weather.windSpeed / 2.6)
        let smog = effects.smog
        let no2 = 6 + 24 * exposure * roadActivity * stagnation + 48 * smog + 1.1 * noise(2)
        let dust = 11 + 9 * exposure * roadActivity + 5.5 * latent(.dust)
        let pm10 = max(3, dust * stagnation * (1 - 0.4 * weather.rain)) + 95 * smog + 1.2 * noise(3)
        let pm25 = 0.56 * max(2, pm10) + 0.9 * noise(4)
        let sunlight = max(0, weather.sunElevation) / 60
        let o3 = 48 + 52 * sunlight - 0.45 * no2 + 4 * drift(5, over: 6) + 1.5 * noise(6)
        let temperature = weather.temperature + 0.8 * (device.lean - 0.5) + 0.4 * drift(7, over: 3) + 0.08 * noise(8)
        let humidity = weather.relativeHumidity + 0.02 * drift(9, over: 3) + 0.004 * noise(10)
        return [max(1, no2), max(2, pm10), max(1, pm25), max(2, o3), temperature, humidity]
    }

    /// Filling level, temperature inside.
    func waste() -> [Double] {
        // Containers are emptied every other working day, or on two days a week, by a round that takes all morning.
        let isBusy = device.lean > 0.45
        let days: Set<Int> = isBusy ? [0, 2, 4] : (device.lean > 0.2 ? [1, 5] : [0, 3])
        let roundHour = 5.5 + 5 * SeededRandom.unit(device.seed)
        var emptied = Double(local.day) * 24 + roundHour
        while emptied > local.hours || !days.contains(LocalTime(hours: emptied).weekday) { emptied -= 24 }
        let week = WeeklyShape.waste.integral(to: local) - WeeklyShape.waste.integral(to: LocalTime(hours: emptied))
        // Each round leaves the container to a week of its own: some fill faster.
        let luck = SeededRandom.unit(SeededRandom.mix(device.seed, UInt64(bitPattern: Int64(emptied / 24))))
        let rate = (isBusy ? 0.0112 : 0.0080) * device.size * (0.7 + 0.6 * luck)
        let level = min(1, 0.03 + rate * week + 0.004 * noise(3))
        let weather = weather
        let warmth = weather.temperature + 1.5 + 5 * level + 6 * max(0, weather.sunElevation) / 60
        return [max(0, level), warmth + 0.2 * noise(4)]
    }

    /// Flow, pressure, volume.
    func water(_ effects: EventEffects) -> [Double] {
        let share = WeeklyShape.water.value(at: local) * (1 + 0.1 * latent(.demand) + 0.04 * drift(2, over: 0.5))
        let leak = effects.burst * (0.9 * device.size + 14)
        let flow = device.size * share * (1 + 0.025 * noise(3)) + leak
        // The works pump to one head; what arrives depends on the height of the ground and on what flows.
        let ground = min(1.6, abs(device.place.y + 500) * 0.000_75)
        let demand = WeeklyShape.water.value(at: local) * (1 + 0.1 * latent(.demand))
        let still = 5.4 - ground - 0.85 * demand * demand + 0.05 * drift(4, over: 2)
        let pressure = still * (1 - 0.6 * effects.burst) + 0.018 * noise(5)
        // The dial's count began some years ago; what a burst loses is little beside it.
        let began = LocalTime(hours: 420_000)
        let volume = device.size * (WeeklyShape.water.integral(to: local) - WeeklyShape.water.integral(to: began))
        return [max(0, flow), max(0.1, pressure), max(0, volume.rounded(.down))]
    }
}

extension LocalTime {
    /// - Parameter hours: Hours since Monday, 29 December 1969, on the town's clocks.
    init(hours: Double) {
        self.hours = hours
    }
}
