import CityModel
import Foundation
import JSONBytes

/// Where a payload says when it was so, and in which form.
struct PayloadTime: Sendable, Equatable {
    /// How the time is written.
    enum Form: Sendable, Equatable {
        /// An RFC 3339 date-time, with its offset from UTC.
        case rfc3339
        /// A date-time without an offset, as clocks in this zone show it. One that brings an offset is taken at its word.
        case local(TimeZone)
        /// Seconds since 1970, decimals allowed.
        case seconds
        /// Milliseconds since 1970, decimals allowed.
        case milliseconds

        /// What is expected, for messages.
        var expected: String {
            switch self {
            case .rfc3339: "an RFC 3339 date-time"
            case .local(let zone): "a date-time such as `2026-01-31T12:00:00`, in the zone `\(zone.identifier)`"
            case .seconds: "seconds since 1970"
            case .milliseconds: "milliseconds since 1970"
            }
        }
    }

    let path: JSONPath
    let form: Form

    /// The instant that a value denotes.
    ///
    /// - Parameters:
    ///   - value: What stands at the path.
    ///   - now: Decides between the two instants that a local time can mean when clocks are put back.
    /// - Returns: Microseconds since 1970; nil when the value is not in this form.
    func instant(_ value: JSONValue, now: Timestamp) -> Timestamp? {
        switch (form, value) {
        case (.seconds, .number(let number)): scaled(number, by: 1_000_000)
        case (.milliseconds, .number(let number)): scaled(number, by: 1_000)
        case (.rfc3339, .string(let text)): PayloadTime.parse(text)
        case (.local(let zone), .string(let text)):
            PayloadTime.parse(text) ?? PayloadTime.parse(text + "Z").map { PayloadTime.utc($0, in: zone, now: now) }
        default: nil
        }
    }

    private func scaled(_ number: JSONNumber, by factor: Int64) -> Timestamp? {
        if let integer = number.integer {
            let (product, isOverflow) = integer.multipliedReportingOverflow(by: factor)
            return isOverflow ? nil : Timestamp(microseconds: product)
        }
        let product = (number.double * Double(factor)).rounded()
        return abs(product) < 9e18 ? Timestamp(microseconds: Int64(product)) : nil
    }

    private static func parse(_ text: String) -> Timestamp? {
        (try? RFC3339.microseconds(parsing: text)).map(Timestamp.init(microseconds:))
    }

    /// The instant at which clocks of a zone show a time of day.
    ///
    /// In the hour that comes twice it is the one nearer to `now`; in the hour that is left out, what it would have been
    /// had the clocks not been put forward.
    private static func utc(_ local: Timestamp, in zone: TimeZone, now: Timestamp) -> Timestamp {
        func offset(at seconds: Double) -> Int64 {
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds))) * 1_000_000
        }
        let seconds = Double(local.microseconds / 1_000_000)
        let (before, after) = (offset(at: seconds - 86_400), offset(at: seconds + 86_400))
        guard before != after else { return Timestamp(microseconds: local.microseconds - before) }
        let candidates = [before, after].map { local.microseconds - $0 }.filter { instant in
            local.microseconds - instant == offset(at: Double(instant / 1_000_000))
        }
        let nearest = candidates.min { abs($0 - now.microseconds) < abs($1 - now.microseconds) }
        return Timestamp(microseconds: nearest ?? local.microseconds - before)
    }
}
