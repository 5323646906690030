import CityModel
import Foundation
import Testing

@Suite("The words of the city")
struct VocabularyTests {
    @Test("plain names fit a topic level, a path segment and a URN", arguments: ["a", "gauge-7", "A.b_c-1", "9"])
    func plainNames(name: String) {
        #expect(DeviceID.isPlainName(name))
        #expect(DeviceID.isPlainName(name + String(repeating: "x", count: 64 - name.utf8.count)))
    }

    @Test(
        "anything else is no plain name",
        arguments: [
            "", ".", "-a", "_a", "a b", "a/b", "a+", "#", "ä", "a\u{0}", "a\n", "..", "a:b",
            String(repeating: "a", count: 65),
        ])
    func otherNames(name: String) {
        #expect(!DeviceID.isPlainName(name))
    }

    @Test("data classes are ordered by the care that they ask for")
    func dataClasses() {
        let order: [DataClass] = [.public, .internal, .restricted, .personal, .sensitive]
        #expect(DataClass.allCases.sorted() == order)
        #expect(DataClass.allCases == order, "the views keep a class as its place among all cases")
        for (lower, higher) in zip(order, order.dropFirst()) { #expect(lower < higher) }
    }

    @Test("the places of statuses do not change: the views keep them")
    func statuses() {
        #expect(DeviceStatus.allCases == [.active, .suspended, .revoked])
    }

    @Test("records name each kind of principal in its own way")
    func principalNames() {
        let names = [
            Principal.device(DeviceIdentity(id: DeviceID("x"), agency: AgencyID("a"), zone: ZoneID("z"))),
            .person(PersonIdentity(name: "x", role: .auditor)), .service("x"), .unknown("x"), .laboratory,
        ].map(\.name)
        #expect(names == ["device/x", "person/x", "service/x", "unknown/x", "laboratory"])
    }

    @Test("identifiers and moments are bare values in JSON")
    func bareValues() throws {
        let encoder = JSONEncoder()
        let point = try encoder.encode([EntityID("urn:x:1")])
        #expect(String(decoding: point, as: UTF8.self) == #"["urn:x:1"]"#)
        #expect(try JSONDecoder().decode([EntityID].self, from: point) == [EntityID("urn:x:1")])
        let moment = try encoder.encode([Timestamp(microseconds: -5)])
        #expect(String(decoding: moment, as: UTF8.self) == "[-5]")
        #expect(try JSONDecoder().decode([Timestamp].self, from: moment) == [Timestamp(microseconds: -5)])
    }

    @Test("identifiers of other shapes are refused", arguments: ["[1]", "[null]", "[{}]"])
    func otherShapes(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([EntityID].self, from: Data(json.utf8)) }
    }

    @Test("an event keeps everything through its JSON; an unknown one is refused")
    func events() throws {
        let alert = AlertRecord(
            id: .max, entity: nil, attribute: nil, device: DeviceID("x"), kind: "spike", severity: .critical, text: "",
            observedAt: Timestamp(microseconds: .min), raisedAt: Timestamp(microseconds: .max))
        let json = try JSONEncoder().encode(CityEvent.alertRaised(alert))
        #expect(try JSONDecoder().decode(CityEvent.self, from: json) == .alertRaised(alert))
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(CityEvent.self, from: Data(#"{"meteorFell":{"_0":1}}"#.utf8))
        }
    }

    @Test("only numbers are numbers")
    func numbers() {
        #expect(AttributeValue.number(1.5).number == 1.5)
        for value in [AttributeValue.boolean(true), .text("1"), .structured(json: "1"), .relationship("1")] {
            #expect(value.number == nil)
        }
    }
}
