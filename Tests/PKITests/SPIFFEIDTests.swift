import PKI
import Testing

@Suite("SPIFFE IDs [SPIFFE-ID §2]")
struct SPIFFEIDTests {
    @Test(
        "well-formed IDs are read and written back",
        arguments: [
            "spiffe://city.example", "spiffe://city.example/a", "spiffe://a/B-c_d.e/9/...",
            "spiffe://1.2.3.4/x", "spiffe://_/agency/water/device/gauge-7", "spiffe://a/.hidden/a..b",
        ])
    func wellFormed(text: String) throws {
        #expect(try SPIFFEID(text).description == text)
    }

    @Test(
        "each broken rule has its error",
        arguments: [
            ("", .wrongScheme), ("spiffe:/a/b", .wrongScheme), ("https://a/b", .wrongScheme),
            ("SPIFFE://a/b", .wrongScheme),
            (" spiffe://a/b", .wrongScheme), ("spiffe://", .emptyTrustDomain), ("spiffe:///a", .emptyTrustDomain),
            ("spiffe://City.example/a", .foreignTrustDomainCharacter),
            ("spiffe://a:443/b", .foreignTrustDomainCharacter),
            ("spiffe://user@a/b", .foreignTrustDomainCharacter), ("spiffe://a?q", .foreignTrustDomainCharacter),
            ("spiffe://a#f", .foreignTrustDomainCharacter), ("spiffe://a%20b/c", .foreignTrustDomainCharacter),
            ("spiffe://é/c", .foreignTrustDomainCharacter), ("spiffe://a/", .emptySegment),
            ("spiffe://a/b/", .emptySegment),
            ("spiffe://a//b", .emptySegment), ("spiffe://a/./b", .relativeSegment), ("spiffe://a/..", .relativeSegment),
            ("spiffe://a/b?q=1", .foreignPathCharacter), ("spiffe://a/b#f", .foreignPathCharacter),
            ("spiffe://a/b%2Fc", .foreignPathCharacter), ("spiffe://a/b c", .foreignPathCharacter),
            ("spiffe://a/b\u{0}", .foreignPathCharacter), ("spiffe://a/ü", .foreignPathCharacter),
            ("spiffe://" + String(repeating: "a", count: 256) + "/b", .tooLong),
            ("spiffe://a/" + String(repeating: "b", count: 2_038), .tooLong),
        ] as [(String, SPIFFEIDError)])
    func malformed(text: String, error: SPIFFEIDError) {
        #expect(throws: error) { try SPIFFEID(text) }
    }

    @Test("the longest ID and the longest trust domain are read")
    func longest() throws {
        let text = "spiffe://a/" + String(repeating: "b", count: 2_037)
        #expect(try SPIFFEID(text).description.utf8.count == SPIFFEID.maximumBytes)
        #expect(try SPIFFEID(trustDomain: String(repeating: "a", count: 255)).path.isEmpty)
        #expect(throws: SPIFFEIDError.tooLong) {
            try SPIFFEID(trustDomain: "a", path: [String(repeating: "b", count: 2_038)])
        }
    }

    @Test("devices and operators are told apart by their paths")
    func roles() throws {
        let device = try SPIFFEID.device("gauge-7", agency: "water", trustDomain: "city.example")
        let person = try SPIFFEID.operator("m.rossi", agency: "traffic", trustDomain: "city.example")
        #expect(device.description == "spiffe://city.example/agency/water/device/gauge-7")
        #expect(device.role == .device(agency: "water", id: "gauge-7"))
        #expect(person.description == "spiffe://city.example/agency/traffic/operator/m.rossi")
        #expect(try SPIFFEID(person.description).role == .operator(agency: "traffic", name: "m.rossi"))
    }

    @Test(
        "any other path is another role",
        arguments: [
            "spiffe://a", "spiffe://a/agency/water", "spiffe://a/agency/water/device",
            "spiffe://a/agency/water/device/x/y",
            "spiffe://a/Agency/water/device/x", "spiffe://a/agency/water/sensor/x",
            "spiffe://a/x/agency/water/device/x",
        ])
    func otherRole(text: String) throws {
        #expect(try SPIFFEID(text).role == .other)
    }

    @Test("a part cannot smuggle in a segment", arguments: ["", "a/b", "a?b", "a%2e", "a\nb"])
    func parts(part: String) {
        #expect(throws: SPIFFEIDError.self) { try SPIFFEID.device(part, agency: "a", trustDomain: "d") }
        #expect(throws: SPIFFEIDError.self) { try SPIFFEID.operator("n", agency: part, trustDomain: "d") }
        #expect(throws: SPIFFEIDError.self) { try SPIFFEID.device("n", agency: "a", trustDomain: part) }
    }
}
