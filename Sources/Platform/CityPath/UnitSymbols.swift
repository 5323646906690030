/// How people write units whose codes are UN/CEFACT Recommendation 20, for sentences in alerts.
enum UnitSymbols {
    /// The symbol of a code; the code itself where we know no better, nothing for counts and ratios (`C62`).
    static func symbol(of code: String?) -> String {
        guard let code else { return "" }
        return symbols[code] ?? code
    }

    private static let symbols = [
        "C62": "", "P1": "%", "CEL": "°C", "FAH": "°F", "KEL": "K", "KMH": "km/h", "HM": "mph", "MTS": "m/s",
        "H10": "per hour", "SEC": "s", "MIN": "min", "HUR": "h", "2N": "dB", "GQ": "µg/m³", "GP": "mg/m³",
        "59": "ppm", "61": "ppb", "BAR": "bar", "A97": "hPa", "PAL": "Pa", "KPA": "kPa", "MQH": "m³/h", "MTQ": "m³",
        "LTR": "l", "WTT": "W", "KWT": "kW", "MAW": "MW", "KWH": "kWh", "VLT": "V", "AMP": "A", "HTZ": "Hz",
        "MMT": "mm", "CMT": "cm", "MTR": "m", "KMT": "km", "DD": "°", "LUX": "lx", "DBM": "dBm", "KGM": "kg",
    ]
}
