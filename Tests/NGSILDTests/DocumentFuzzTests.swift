import JSONBytes
import NGSILD
import Testing

@Suite("Documents that somebody has meddled with")
struct DocumentFuzzTests {
    /// Values that stand where others are expected.
    private static let strangers: [JSONValue] = [
        .null, true, 0, -1, 1e300, 9_223_372_036_854_775_807, "", "x", "urn:ngsi-ld:null", "urn:x:1", "@none", [], [[]],
        ["a", "a"], [.null], [:], ["type": "*"], ["@value": "2030-01-01T00:00:00Z"], "2030-01-01T00:00:00Z", "(((",
        "a{b{c",
        "PT", "mqtt://h/t", "http://h.example", .string(String(repeating: "(a|b)*", count: 500)), "\u{0}", "é\u{301}",
    ]

    /// A value with one part of it, chosen at random, replaced or left out.
    private static func meddled(_ value: JSONValue, _ random: inout SeededGenerator) -> JSONValue {
        if random.below(6) == 0 { return strangers[random.below(strangers.count)] }
        switch value {
        case .object(let object) where !object.members.isEmpty:
            var changed = object
            let member = object.members[random.below(object.members.count)]
            switch random.below(8) {
            case 0: changed[member.name] = nil
            case 1: changed[["id", "type", "mode", "q", "extra", "@id"][random.below(6)]] = member.value
            default: changed[member.name] = meddled(member.value, &random)
            }
            return .object(changed)
        case .array(var elements) where !elements.isEmpty:
            let index = random.below(elements.count)
            elements[index] = meddled(elements[index], &random)
            return .array(elements)
        default: return strangers[random.below(strangers.count)]
        }
    }

    @Test("are refused, or stored and found again", arguments: [1, 2, 3, 4] as [UInt64])
    func documents(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let subscription = try json(SubscriptionTests.full)
        let registration = try json(RegistrationTests.full)
        var accepted = 0
        for _ in 0..<500 {
            var (first, second) = (subscription, registration)
            for _ in 0...random.below(3) {
                first = Self.meddled(first, &random)
                second = Self.meddled(second, &random)
            }
            if let read = try? Subscription(parsing: first, at: documentsNow) {
                accepted += 1
                #expect(try Subscription(storage: json(read.storageJSON.description)) == read, "\(first)")
                let again = try Subscription(parsing: written(read), at: documentsNow)
                #expect(again.id == read.id && again.entities == read.entities, "\(first)")
                _ = try? read.updated(by: Self.meddled(subscription, &random), at: documentsNow)
            }
            if let read = try? ContextSourceRegistration(parsing: second, at: documentsNow) {
                accepted += 1
                #expect(try ContextSourceRegistration(storage: json(read.storageJSON.description)) == read, "\(second)")
                let again = try ContextSourceRegistration(parsing: written(read), at: documentsNow)
                #expect(again.information == read.information && again.properties == read.properties, "\(second)")
                _ = try? read.updated(by: Self.meddled(registration, &random), at: documentsNow)
            }
        }
        #expect(accepted > 50)
    }
}
