/// One measured value.
public enum ReadingValue: Hashable, Sendable {
    /// A number in the field's unit, rounded to what the device sends.
    case number(Double)
    /// One of the field's choices.
    case text(String)

    /// The number, if it is one.
    public var number: Double? {
        if case .number(let value) = self { value } else { nil }
    }
}

/// What one device measured at one instant.
public struct DeviceReadings: Hashable, Sendable {
    /// When.
    public let observedAt: DemoInstant
    /// One value for each of the profile's fields, in their order.
    public let values: [ReadingValue]
}
