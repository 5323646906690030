/// From a number in one unit to the same quantity in another, where both measure the same thing. Units are named by
/// their codes in UN/CEFACT Recommendation 20.
///
/// Factors are kept as fractions of whole numbers, so that 57 % become 0.57 and not 0.5700000000000001.
struct UnitConversion: Sendable, Equatable {
    /// How a unit relates to the base unit of what it measures: `base = (value + before) × numerator ÷ denominator`.
    private struct Scale: Sendable, Equatable {
        let numerator: Double
        let denominator: Double
        let before: Double

        init(_ numerator: Double = 1, over denominator: Double = 1, before: Double = 0) {
            self.numerator = numerator
            self.denominator = denominator
            self.before = before
        }
    }

    private let source: Scale
    private let target: Scale

    /// The conversion between two units; nil where they do not measure the same thing, or one of them is not known here.
    /// Every unit converts to itself, known or not.
    init?(from source: String, to target: String) {
        guard source != target else {
            (self.source, self.target) = (Scale(), Scale())
            return
        }
        for scales in UnitConversion.quantities {
            guard let from = scales[source], let to = scales[target] else { continue }
            (self.source, self.target) = (from, to)
            return
        }
        return nil
    }

    /// The number in the target unit.
    func callAsFunction(_ value: Double) -> Double {
        guard source != target else { return value }
        let base = (value + source.before) * source.numerator / source.denominator
        return base * target.denominator / target.numerator - target.before
    }

    /// One table for each quantity. The base unit is the one without a factor.
    private static let quantities: [[String: Scale]] = [
        // Temperature: degree Celsius, degree Fahrenheit, kelvin.
        ["CEL": Scale(), "FAH": Scale(5, over: 9, before: -32), "KEL": Scale(before: -273.15)],
        // Ratio: one, per cent, per mille.
        ["C62": Scale(), "P1": Scale(1, over: 100), "NX": Scale(1, over: 1_000)],
        // Active power: watt, milliwatt, kilowatt, megawatt.
        ["WTT": Scale(), "C31": Scale(1, over: 1_000), "KWT": Scale(1_000), "MAW": Scale(1_000_000)],
        // Apparent power: volt-ampere, kilovolt-ampere.
        ["D46": Scale(), "KVA": Scale(1_000)],
        // Reactive power: var, kilovar.
        ["D44": Scale(), "KVR": Scale(1_000)],
        // Energy: watt hour, kilowatt hour, megawatt hour, joule, kilojoule, megajoule.
        [
            "WHR": Scale(), "KWH": Scale(1_000), "MWH": Scale(1_000_000), "JOU": Scale(1, over: 3_600),
            "KJO": Scale(10, over: 36), "3B": Scale(10_000, over: 36),
        ],
        // Voltage: volt, millivolt, kilovolt.
        ["VLT": Scale(), "2Z": Scale(1, over: 1_000), "KVT": Scale(1_000)],
        // Current: ampere, milliampere.
        ["AMP": Scale(), "4K": Scale(1, over: 1_000)],
        // Frequency: hertz, kilohertz, megahertz.
        ["HTZ": Scale(), "KHZ": Scale(1_000), "MHZ": Scale(1_000_000)],
        // Pressure: pascal, hectopascal, millibar, kilopascal, bar.
        [
            "PAL": Scale(), "A97": Scale(100), "MBR": Scale(100), "KPA": Scale(1_000), "BAR": Scale(100_000),
        ],
        // Speed: metre per second, kilometre per hour, mile per hour, knot.
        [
            "MTS": Scale(), "KMH": Scale(10, over: 36), "HM": Scale(1_397, over: 3_125),
            "KNT": Scale(1_852, over: 3_600),
        ],
        // Length: metre, millimetre, centimetre, kilometre, inch, foot.
        [
            "MTR": Scale(), "MMT": Scale(1, over: 1_000), "CMT": Scale(1, over: 100), "KMT": Scale(1_000),
            "INH": Scale(254, over: 10_000), "FOT": Scale(3_048, over: 10_000),
        ],
        // Volume: cubic metre, litre.
        ["MTQ": Scale(), "LTR": Scale(1, over: 1_000)],
        // Flow: cubic metre per hour, litre per second, litre per minute, cubic metre per second.
        ["MQH": Scale(), "G51": Scale(36, over: 10), "L2": Scale(6, over: 100), "MQS": Scale(3_600)],
        // Time: second, millisecond, minute, hour, day.
        ["SEC": Scale(), "C26": Scale(1, over: 1_000), "MIN": Scale(60), "HUR": Scale(3_600), "DAY": Scale(86_400)],
        // Mass: kilogram, gram, tonne.
        ["KGM": Scale(), "GRM": Scale(1, over: 1_000), "TNE": Scale(1_000)],
        // Concentration by mass: microgram per cubic metre, milligram per cubic metre.
        ["GQ": Scale(), "GP": Scale(1_000)],
        // Concentration by share: parts per million, parts per billion.
        ["59": Scale(), "61": Scale(1, over: 1_000)],
    ]
}
