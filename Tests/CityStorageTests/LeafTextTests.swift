import CityModel
import CityStorage
import Foundation
import JSONBytes
import Testing

@Suite("Leaf texts")
struct LeafTextTests {
    static let salts = BatchSalts(secret: [UInt8](repeating: 9, count: 32), count: 64)

    static func text(_ definition: AttributeDefinition, _ observation: Observation, _ salt: Int = 0) -> String {
        var bytes: [UInt8] = []
        LeafFrame(definition).append(observation, salt: salts[salt], to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("an observation's text is this, to the byte: proofs given away rest on it")
    func snapshot() {
        let text = LeafTextTests.text(definition(0), observation(0, at: 90, .number(21.5)))
        #expect(
            text == """
                {"attribute":"temperature","dataClass":"public","device":"gauge-7",\
                "entity":"urn:ngsi-ld:WeatherObserved:0","entityType":"WeatherObserved",\
                "observedAt":"2027-01-15T08:01:30Z","salt":"\(LeafTextTests.salt(0))","unitCode":"CEL","value":21.5}
                """)
    }

    @Test("the salts of a secret are these: whoever has the secret makes the leaves again")
    func saltSnapshot() {
        #expect(LeafTextTests.salt(0) == LeafTextTests.salt(0))
        #expect(Set((0..<64).map(LeafTextTests.salt)).count == 64)
        let others = BatchSalts(secret: [UInt8](repeating: 8, count: 32), count: 1)
        #expect(others[0] != LeafTextTests.salts[0])
        // The stream does not depend on how much of it is taken.
        #expect(BatchSalts(secret: [UInt8](repeating: 9, count: 32), count: 1)[0] == LeafTextTests.salts[0])
    }

    private static func salt(_ index: Int) -> String {
        var bytes: [UInt8] = []
        salts[index].appendHexadecimal(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "an observation's text is JSON with keys in order, and says what was observed",
        arguments: BatchContentTests.values)
    func parsesBack(value: AttributeValue) throws {
        for (unit, device) in [("CEL", "gauge-7"), (nil, nil)] as [(String?, String?)] {
            let text = LeafTextTests.text(
                definition(0, attribute: "a\"ß\\", unit: unit, device: device), observation(0, at: 0, value))
            guard case .object(let object) = try JSONValue(parsing: Array(text.utf8)) else {
                Issue.record("\(text) is no object")
                return
            }
            #expect(object.members.map(\.name) == object.members.map(\.name).sorted())
            #expect(object["attribute"] == .string("a\"ß\\"))
            #expect(object["device"] == device.map { .string($0) })
            #expect(object["unitCode"] == unit.map { .string($0) })
            #expect(object["value"] == LeafTextTests.json(value))
        }
    }

    private static func json(_ value: AttributeValue) -> JSONValue? {
        switch value {
        case .number(let number): JSONValue(number)
        case .boolean(let flag): .bool(flag)
        case .text(let text), .relationship(let text): .string(text)
        case .structured(let json), .geometry(let json): try? JSONValue(parsing: Array(json.utf8))
        }
    }

    @Test("a batch's text is this, to the byte")
    func batch() {
        let text = LeafText.batch(
            origin: "city.example/ledger", sequence: 7, committedAt: .start, entries: 3, readingsRoot: "AAAA")
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"batch":7,"city":"city.example/ledger","committedAt":"2027-01-15T08:00:00Z","entries":3,"#
                + #""readingsRoot":"AAAA"}"#)
    }

    static let events: [CityEvent] = [
        .attributeDefined(definition(3, unit: nil, device: nil)), .device(device("gauge-7")),
        .alertRaised(
            AlertRecord(
                id: 1, entity: EntityID("urn:ngsi-ld:X:1"), attribute: "no2", device: nil, kind: "spike",
                severity: .warning, text: "`5` / \"µg\"", observedAt: .start, raisedAt: .start)),
        .alertAcknowledged(Acknowledgement(alert: 1, by: "person/eva", at: .start, note: "ok")),
        .refusal(
            RefusalRecord(
                principal: "device/x", source: "192.0.2.7", step: .authorise, code: .topicNotOwn, message: "no",
                at: .start, count: 3)),
        .access(
            AccessRecord(
                principal: "person/eva", action: "readEntities", resource: "urn:x:1", dataClass: .personal,
                purpose: "maintenance", at: .start, count: 2)),
        .retained(RetainedMessage(topic: "devices/x/v", payload: [0, 255, 34], qos: 1)),
        .account(AccountRecord(name: "eva", role: .operator, change: "created", at: .start)),
        .token(
            TokenChangeRecord(
                token: TokenRecord(
                    id: "4f1c09ab77de", owner: TokenOwner(kind: .service, name: "flows"), note: "`5` / \"µg\"",
                    createdBy: "person/eva", createdAt: .start, expiresAt: .start), change: .issued, by: "person/eva",
                at: .start)),
    ]

    @Test("an event's text is JSON with its keys in order, the same each time, and reads back", arguments: events)
    func event(event: CityEvent) throws {
        let json = EventCoding.encode(event)
        #expect(EventCoding.encode(event) == json)
        #expect(try EventCoding.decode(json) == event)
        let text = LeafText.event(json, salt: LeafTextTests.salts[0])
        guard case .object(let leaf) = try JSONValue(parsing: text) else {
            Issue.record("no object")
            return
        }
        #expect(leaf.members.map(\.name) == ["event", "salt"])
        #expect(LeafTextTests.hasSortedKeys(try JSONValue(parsing: json)))
    }

    private static func hasSortedKeys(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let object):
            object.members.map(\.name) == object.members.map(\.name).sorted()
                && object.members.allSatisfy { hasSortedKeys($0.value) }
        case .array(let elements): elements.allSatisfy { hasSortedKeys($0) }
        case .null, .bool, .number, .string: true
        }
    }

    @Test("damaged events are refused, never trapped on", arguments: seeds)
    func damagedEvents(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            var json = EventCoding.encode(random.pick(LeafTextTests.events))
            json[random.below(json.count)] = UInt8(truncatingIfNeeded: random.next())
            do { _ = try EventCoding.decode(json) } catch { #expect(error.code == .damaged, "seed \(seed)") }
        }
    }
}
