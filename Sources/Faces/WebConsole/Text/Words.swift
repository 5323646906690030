extension String {
    /// With its first letter as a capital.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }

    /// A name of the data model as words: `AirQualityObserved` is shown as “Air quality observed”, `no2` as “No2”.
    ///
    /// A run of capitals stays together: `NO2Concentration` is “NO2 concentration”.
    package var spacedWords: String {
        var words: [String] = []
        var word = ""
        var previous: Character?
        let characters = Array(self)
        for (index, character) in characters.enumerated() {
            let next = index + 1 < characters.count ? characters[index + 1] : nil
            let startsWord =
                character.isUppercase && previous.map { !$0.isUppercase || next?.isLowercase == true } ?? false
            if startsWord || character == "_" || character == "-" {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if character != "_" && character != "-" { word.append(character) }
            previous = character
        }
        if !word.isEmpty { words.append(word) }
        let text = words.enumerated().map { index, word in
            index > 0 && word.dropFirst().allSatisfy { !$0.isUppercase } ? word.lowercased() : word
        }
        return text.joined(separator: " ").capitalizedFirst
    }
}

/// Numbers as people read them.
package enum NumberWords {
    /// With no more decimals than help: five significant digits for small numbers, one decimal for large ones.
    ///
    /// A number that is not finite, which no observation is, is shown as a dash.
    package static func measured(_ number: Double) -> String {
        guard number.isFinite else { return "–" }
        let size = abs(number)
        guard size < 1e15 else { return "\(number)" }
        let decimals = size >= 1_000 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4
        let scale = [1.0, 10, 100, 1_000, 10_000][decimals]
        let units = Int64((size * scale).rounded())
        let fraction = String(units % Int64(scale))
        var digits = String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
        while digits.hasSuffix("0") { digits.removeLast() }
        let sign = number < 0 && units != 0 ? "\u{2212}" : ""
        return sign + grouped(units / Int64(scale)) + (digits.isEmpty ? "" : "." + digits)
    }

    /// A rate per second: always one decimal, so that a changing number stays in its place.
    package static func rate(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "–" }
        let tenths = Int64((abs(number) * 10).rounded())
        return grouped(tenths / 10) + "." + String(tenths % 10)
    }

    /// A count, in groups of three: `12,480`.
    package static func count(_ number: Int) -> String {
        number < 0 ? "\u{2212}" + grouped(number.magnitude) : grouped(number)
    }

    /// A count, in groups of three.
    static func grouped(_ number: some BinaryInteger) -> String {
        let digits = Array(String(number))
        return digits.indices.map { index in
            let needsComma = index > 0 && (digits.count - index) % 3 == 0
            return (needsComma ? "," : "") + String(digits[index])
        }.joined()
    }

    /// A duration in seconds, minutes, hours or days, rounded up to whole ones: `45 seconds`, `2 minutes`, `7 days`.
    package static func wait(seconds: Int) -> String {
        let seconds = max(1, seconds)
        let (unit, size) =
            switch seconds {
            case ...90: ("second", 1)
            case ...5_400: ("minute", 60)
            case ...172_800: ("hour", 3_600)
            default: ("day", 86_400)
            }
        let count = seconds / size + (seconds % size == 0 ? 0 : 1)
        return count == 1 ? "1 \(unit)" : "\(count) \(unit)s"
    }
}
