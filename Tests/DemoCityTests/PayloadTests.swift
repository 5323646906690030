import DemoCity
import Foundation
import Testing

@Suite("What the devices send")
struct PayloadTests {
    private func object(_ payload: DevicePayload) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(payload.bytes)) as? [String: Any])
    }

    @Test("a payload carries every reading under its key, and the time in milliseconds", arguments: DeviceKind.allCases)
    func plain(kind: DeviceKind) throws {
        let profile = DeviceProfile(of: kind)
        guard profile.style != .ngsiLD else { return }
        for index in quiet.indices(of: kind).prefix(5) {
            let payload = quiet.payload(for: index, at: monday + .seconds(71_000))
            let object = try object(payload)
            #expect(payload.topicSuffix == "v")
            #expect(object["t"] as? Int64 == monday.millisecondsSinceEpoch + 71_000_000)
            #expect(Set(object.keys) == Set(profile.fields.map(\.key) + ["t"]))
            let values = quiet.readings(for: index, at: monday + .seconds(71_000)).values
            for (field, value) in zip(profile.fields, values) {
                switch value {
                case .number(let number): #expect(object[field.key] as? Double == number)
                case .text(let text): #expect(object[field.key] as? String == text)
                }
            }
        }
    }

    @Test("an air quality station sends concise NGSI-LD attributes with unit and time")
    func fragment() throws {
        let index = quiet.indices(of: .airQualityStation)[3]
        let payload = quiet.payload(for: index, at: monday)
        #expect(payload.topicName(deviceID: "aq-004") == "devices/aq-004/ngsi-ld")
        let object = try object(payload)
        let fields = town.devices[index].profile.fields
        #expect(Set(object.keys) == Set(fields.map(\.property)))
        for field in fields {
            let attribute = try #require(object[field.property] as? [String: Any])
            #expect(attribute["unitCode"] as? String == field.unitCode)
            #expect(attribute["observedAt"] as? String == "2026-03-01T23:00:00.000Z")
            #expect(attribute["value"] is Double)
        }
    }

    @Test("payloads are small: a few hundred bytes at most")
    func size() {
        for index in town.devices.indices {
            #expect(quiet.payload(for: index, at: monday + .seconds(30_000)).bytes.count < 600)
        }
    }

    @Test(
        "instants are written in ISO 8601, on leap days and before 1970 too",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_772_438_400_007, "2026-03-02T08:00:00.007Z"),
        ])
    func iso8601(milliseconds: Int64, text: String) {
        #expect(DemoInstant(millisecondsSinceEpoch: milliseconds).iso8601 == text)
    }

    @Test("instants and durations add up to the millisecond")
    func arithmetic() {
        let later = monday + .milliseconds(1_500)
        #expect(later - monday == .milliseconds(1_500))
        #expect(monday < later)
        #expect(later + .milliseconds(-1_500) == monday)
    }
}
