import Foundation
import Testing
import TransparencyLog

@Suite("Digests and their text forms")
struct DigestTests {
    let digest = MerkleHash.leaf(Array("leaf".utf8))

    @Test("base64 and hexadecimal are read back")
    func roundTrip() throws {
        #expect(Digest(base64: digest.base64) == digest)
        #expect(Digest(hexadecimal: digest.hexadecimal) == digest)
        #expect(Digest(hexadecimal: digest.hexadecimal.uppercased()) == digest)
        #expect(Digest(digest.bytes) == digest)
        #expect(digest.base64 == Data(digest.bytes).base64EncodedString())
        #expect(try JSONDecoder().decode([Digest].self, from: JSONEncoder().encode([digest])) == [digest])
    }

    @Test("a digest is 32 bytes in place, in order")
    func layout() throws {
        #expect(MemoryLayout<Digest>.stride == 32)
        let counted = try #require(Digest(Array(0..<32)))
        #expect(counted.hexadecimal == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        #expect([counted, counted].withUnsafeBytes { Array($0) } == Array(0..<32) + Array(0..<32))
        #expect(Set([counted, counted, digest]).count == 2)
    }

    @Test("other than 32 bytes is no digest", arguments: [0, 1, 31, 33, 64])
    func wrongCount(count: Int) {
        #expect(Digest([UInt8](repeating: 0, count: count)) == nil)
        #expect(Digest(AnyCollection([UInt8](repeating: 0, count: count))) == nil)
        #expect(Digest(hexadecimal: String(repeating: "00", count: count)) == nil)
    }

    @Test(
        "base64 that would not be written so is refused [RFC 4648 §3.5]",
        arguments: [
            "", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-A=", "AAAAAAAAAAAAAAAAAAAAA=AAAAAAAAAAAAAAAAAAAAA=",
            " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n=",
        ])
    func malformedBase64(text: String) throws {
        #expect(Digest(base64: text) == nil)
        let json = try JSONEncoder().encode([text])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Digest].self, from: json) }
    }

    @Test("hexadecimal with a foreign character is refused")
    func malformedHexadecimal() {
        #expect(Digest(hexadecimal: String(repeating: "0", count: 63) + "g") == nil)
        #expect(Digest(hexadecimal: String(repeating: "0", count: 63)) == nil)
    }
}
