import Foundation

/// The weather over the whole town at one instant.
struct TownWeather: Sendable {
    /// Degrees Celsius.
    let temperature: Double
    /// 0...1.
    let relativeHumidity: Double
    /// Metres a second.
    let windSpeed: Double
    /// 0 when dry, 1 in a downpour.
    let rain: Double
    /// Degrees above the horizon; negative by night.
    let sunElevation: Double

    /// - Parameters:
    ///   - instant: When.
    ///   - local: The same, on the town's clocks.
    ///   - seed: Picks the weather.
    init(at instant: DemoInstant, local: LocalTime, seed: UInt64) {
        let hours = local.hours
        let cloud = SmoothNoise(seed: SeededRandom.mix(seed, 1)).value(hours / 7)
        let warmth = SmoothNoise(seed: SeededRandom.mix(seed, 2)).value(hours / 40)
        let breeze = SmoothNoise(seed: SeededRandom.mix(seed, 3)).value(hours / 9)
        let afternoon = cos((local.hourOfDay - 15.5) / 12 * .pi)
        let season = -cos((local.yearFraction - 0.055) * 2 * .pi)
        let swing = 4.8 - 2 * max(0, cloud)
        temperature = 13.5 + 8 * season + swing * afternoon + 3.2 * warmth
        rain = max(0, cloud - 0.5) * 2
        relativeHumidity = min(0.99, max(0.22, 0.68 - 0.17 * afternoon + 0.12 * cloud + 0.2 * rain))
        windSpeed = max(0.3, 2.6 + 1.9 * breeze + 0.7 * afternoon)
        sunElevation = TownWeather.sunElevation(at: instant)
    }

    /// Degrees above the horizon over the town's centre, within a degree.
    static func sunElevation(at instant: DemoInstant) -> Double {
        let days = Double(instant.millisecondsSinceEpoch) / 86_400_000
        let yearAngle = 2 * Double.pi * ((days + 10) / 365.2425)
        let declination = -23.44 * cos(yearAngle) * .pi / 180
        let centre = GeoPoint.townCentre
        let solarDay = days + centre.longitude / 360
        let hourAngle = (solarDay - solarDay.rounded(.down) - 0.5) * 2 * .pi
        let latitude = centre.latitude * .pi / 180
        let sine = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hourAngle)
        return asin(sine) * 180 / .pi
    }
}
