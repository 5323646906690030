import Foundation
import Testing

@Suite("bastide entity, refusal and alert, without a server")
struct ReadingTests {
    @Test("entities are listed and shown, in words and in JSON")
    func entities() throws {
        let city = try TestCity()
        try city.enrol("gauge-7", "--name", "Mill gauge", "--location", "4.5,52.25")
        let list = try city.run("entity", "list")
        #expect(list.status == 0 && list.output.contains("urn:ngsi-ld:Device:gauge-7"), "\(list)")
        #expect(try city.run("entity", "list", "--type", "Nothing").output == "no entities\n")
        let shown = try city.run("entity", "show", "urn:ngsi-ld:Device:gauge-7")
        #expect(shown.status == 0 && shown.output.contains("Mill gauge"), "\(shown)")
        let json = try city.run("entity", "show", "urn:ngsi-ld:Device:gauge-7", "--json").json()
        #expect(json["id"] as? String == "urn:ngsi-ld:Device:gauge-7")
        let attributes = try #require(json["attributes"] as? [[String: Any]])
        let name = attributes.first { $0["name"] as? String == "name" }
        #expect(name?["value"] as? String == "Mill gauge")
        let nothing = try city.run("entity", "show", "urn:x:y")
        #expect(nothing.status == 1 && nothing.complaint.contains("there is no entity `urn:x:y`"), "\(nothing)")
    }

    @Test("refusals can be asked for by reason, and reasons that there are not are told")
    func refusals() throws {
        let city = try TestCity()
        #expect(try city.run("refusal", "list").output == "no refusals\n")
        let none = try city.run("refusal", "list", "--code", "rateLimited", "--json")
        #expect(none.output.filter { !$0.isWhitespace } == "[]", "\(none)")
        let unknown = try city.run("refusal", "list", "--code", "bad")
        #expect(unknown.status == 64 && unknown.complaint.contains("rateLimited"), "\(unknown)")
    }
}
