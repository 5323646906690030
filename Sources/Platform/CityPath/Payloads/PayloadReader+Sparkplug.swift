import CityModel
import JSONBytes
import SparkplugB

extension PayloadReader {
    /// What metrics say; or why not, naming the metric.
    func read(_ readings: [SparkplugNode.Reading], at now: Timestamp) -> Result<[PayloadValue], Refusal> {
        var reading = Reading(now: now)
        do throws(Refusal) {
            for metric in readings { try take(metric, &reading) }
        } catch {
            return .failure(error)
        }
        return .success(reading.values)
    }

    /// That the device is there, or is not; nothing where the layout has no attribute for it.
    func connected(_ isConnected: Bool) -> [PayloadValue] {
        guard let attribute = layout.connected else { return [] }
        return [
            PayloadValue(
                attribute: attribute, value: .boolean(isConnected), unit: nil, observedAt: nil, source: "connected")
        ]
    }

    private func take(_ metric: SparkplugNode.Reading, _ reading: inout Reading) throws(Refusal) {
        guard let index = bindingByName[metric.name] else {
            guard layout.ignoresUnknown || isIgnored(metric.name) else {
                let known = PayloadReader.list(layout.rules.map { "`\($0.source)`" }.sorted())
                throw Refusal(
                    step: .understand, code: .attributeUnknown,
                    message:
                        "at `metric \(metric.name.prefix(64))`: expected one of \(known): layout `\(layout.name)` has "
                        + "nothing else; add it to `values` or to `ignore`")
            }
            return
        }
        let place = "metric \(metric.name.prefix(64))"
        let value: JSONValue
        switch metric.value {
        case .null: return
        case .integer(let number): value = .number(JSONNumber(number))
        case .unsigned(let number):
            // Beyond what is exact as an integer it is as near as a floating-point number comes.
            value = Int64(exactly: number).map { .number(JSONNumber($0)) } ?? JSONValue(Double(number)) ?? .null
        case .double(let number):
            guard let finite = JSONValue(number) else {
                throw .outOfRange("at `\(place)`: expected a finite number, found `\(number)`")
            }
            value = finite
        case .boolean(let flag): value = .bool(flag)
        case .text(let text): value = .string(text)
        case .dateTime(let milliseconds):
            guard let instant = PayloadReader.instant(milliseconds) else {
                throw .timeOutOfRange("at `\(place)`: expected milliseconds since 1970, found \(milliseconds)")
            }
            value = .string(RFC3339.string(instant.microseconds))
        case .unsupported(let name):
            throw Refusal(
                step: .understand, code: .unsupported,
                message: "at `\(place)`: values of the type \(name) are not read; add the metric to `ignore`")
        }
        var observedAt: Timestamp?
        if let timestamp = metric.timestamp {
            guard let instant = PayloadReader.instant(timestamp) else {
                throw .timeOutOfRange("at `\(place)`: expected milliseconds since 1970, found \(timestamp)")
            }
            observedAt = try Understand.check(time: instant, now: reading.now, path: place).get()
        }
        try take(value, bindings[index], place, observedAt: observedAt, &reading)
    }

    private func isIgnored(_ name: String) -> Bool {
        layout.ignored.contains { pattern in
            pattern.last == "*" ? name.hasPrefix(pattern.dropLast()) : name == pattern
        }
    }

    /// Milliseconds since 1970; nil beyond the years that can be written.
    private static func instant(_ milliseconds: UInt64) -> Timestamp? {
        let (microseconds, isOverflow) = milliseconds.multipliedReportingOverflow(by: 1_000)
        guard !isOverflow, microseconds <= UInt64(RFC3339.supported.upperBound) else { return nil }
        return Timestamp(microseconds: Int64(microseconds))
    }
}
