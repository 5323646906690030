/// An MQTT message as a device of the town sends it.
public struct DevicePayload: Hashable, Sendable {
    /// Last level of the topic: `v` or `ngsi-ld`.
    public let topicSuffix: String
    /// The message: JSON in UTF-8.
    public let bytes: [UInt8]

    /// Writes readings the way the device's profile says.
    ///
    /// - Parameters:
    ///   - readings: What was measured, in the order of the profile's fields.
    ///   - profile: The profile of the device.
    public init(_ readings: DeviceReadings, profile: DeviceProfile) {
        topicSuffix = profile.topicSuffix
        var text = JSONText()
        if profile.style == .ngsiLD {
            DevicePayload.writeFragment(readings, profile, to: &text)
        } else {
            text.raw(#"{"t":"#)
            text.integer(readings.observedAt.millisecondsSinceEpoch)
            for (field, value) in zip(profile.fields, readings.values) {
                text.raw(",")
                text.key(field.key)
                text.value(value, decimals: field.decimals)
            }
            text.raw("}")
        }
        bytes = text.bytes
    }

    /// The topic a device publishes on.
    ///
    /// - Parameter deviceID: Whose topic: the sender's own, unless it is an impostor.
    /// - Returns: `devices/<id>/<suffix>`.
    public func topicName(deviceID: String) -> String { "devices/\(deviceID)/\(topicSuffix)" }

    /// Attributes only: the topic says which entity they belong to.
    private static func writeFragment(_ readings: DeviceReadings, _ profile: DeviceProfile, to text: inout JSONText) {
        let observedAt = readings.observedAt.iso8601
        text.raw("{")
        for (index, (field, value)) in zip(profile.fields, readings.values).enumerated() {
            if index > 0 { text.raw(",") }
            text.key(field.property)
            text.raw(#"{"value":"#)
            text.value(value, decimals: field.decimals)
            if let unitCode = field.unitCode {
                text.raw(#","unitCode":"#)
                text.string(unitCode)
            }
            text.raw(#","observedAt":"#)
            text.string(observedAt)
            text.raw("}")
        }
        text.raw("}")
    }
}

extension JSONText {
    fileprivate mutating func value(_ value: ReadingValue, decimals: Int) {
        switch value {
        case .number(let number): self.number(number, decimals: decimals)
        case .text(let text): string(text)
        }
    }
}

extension CitySimulation {
    /// What a device sends at an instant.
    ///
    /// - Parameters:
    ///   - index: The device's index in ``devices``. Precondition: it exists.
    ///   - instant: When.
    /// - Returns: The message, to be published on the device's own topic.
    public func payload(for index: Int, at instant: DemoInstant) -> DevicePayload {
        DevicePayload(readings(for: index, at: instant), profile: devices[index].profile)
    }
}
