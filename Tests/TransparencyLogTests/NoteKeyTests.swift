import Testing
import TransparencyLog

/// The keys that Go's `sumdb/note` documents.
enum PublishedKeys {
    static let peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    static let peterPrivate = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    static let enoch = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
    static let goChecksums = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
}

@Suite("Key texts [C2SP signed-note, Signatures]")
struct NoteKeyTests {
    @Test(
        "published verifier keys are read and written back",
        arguments: [
            PublishedKeys.peter, PublishedKeys.enoch, PublishedKeys.goChecksums,
        ])
    func verifierKeys(text: String) throws {
        let verifier = try NoteVerifier(text)
        #expect(verifier.text == text)
        #expect(try NoteVerifier(name: verifier.name, publicKey: verifier.publicKey) == verifier)
    }

    @Test("the published signer key belongs to the published verifier key")
    func signerKey() throws {
        let signer = try NoteSigner(privateText: PublishedKeys.peterPrivate)
        #expect(signer.verifier.text == PublishedKeys.peter)
        #expect(signer.privateText == PublishedKeys.peterPrivate)
        #expect(signer.verifier.keyID == 0xc74f_20a3)
    }

    @Test("a new key is read back from its texts")
    func newKey() throws {
        let signer = try NoteSigner(name: "città.example/ledger")
        #expect(try NoteVerifier(signer.verifier.text) == signer.verifier)
        #expect(try NoteSigner(privateText: signer.privateText).verifier == signer.verifier)
    }

    @Test("a signer does not print its private key")
    func redacted() throws {
        let signer = try NoteSigner(privateText: PublishedKeys.peterPrivate)
        var dumped = ""
        dump(signer, to: &dumped)
        for text in ["\(signer)", String(reflecting: signer), dumped] {
            #expect(!text.contains("AYEKFALV"))
            #expect(text.contains("PeterNeumann"))
        }
    }

    @Test("no part of a key text is a key text")
    func parts() {
        for text in [PublishedKeys.peter, PublishedKeys.peterPrivate] {
            let characters = Array(text)
            for start in characters.indices {
                for end in start...characters.count where end - start < characters.count {
                    let part = String(characters[start..<end])
                    #expect(throws: NoteError.self, "`\(part)`") { try NoteVerifier(part) }
                    #expect(throws: NoteError.self, "`\(part)`") { try NoteSigner(privateText: part) }
                }
            }
        }
    }

    @Test("a key text with any character changed is refused")
    func changedCharacters() {
        for position in Array(PublishedKeys.peter.utf8).indices {
            var text = Array(PublishedKeys.peter.utf8)
            text[position] += 1
            #expect(throws: NoteError.self) { try NoteVerifier(String(decoding: text, as: UTF8.self)) }
        }
        for position in Array(PublishedKeys.peterPrivate.utf8).indices {
            var text = Array(PublishedKeys.peterPrivate.utf8)
            text[position] += 1
            #expect(throws: NoteError.self) { try NoteSigner(privateText: String(decoding: text, as: UTF8.self)) }
        }
    }

    @Test(
        "each way of being wrong has its code",
        arguments: [
            // Length of the key, with the key ID adjusted.
            ("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==", NoteError.Code.malformedKey),
            // Type of the key, with the key ID adjusted.
            ("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .unsupportedKeyType),
            ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .wrongKeyID),
            ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .malformedKey),
            ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", .malformedKey),
            ("PeterNeumann+c74f20a3+", .malformedKey),
            ("PeterNeumann+0xc74f20+AQ==", .malformedKey),
            ("", .malformedKey),
        ])
    func malformed(text: String, code: NoteError.Code) {
        #expect { try NoteVerifier(text) } throws: { ($0 as? NoteError)?.code == code }
        #expect { try NoteSigner(privateText: "PRIVATE+KEY+" + text) } throws: { ($0 as? NoteError)?.code == code }
    }

    @Test(
        "names are not empty, not too long, and hold no Unicode space, plus or control character",
        arguments: [
            "", "a b", "a+b", "a\u{A0}b", "a\u{2003}b", "a\u{3000}b", "a\u{85}b", "a\tb", "a\nb", "a\u{0}b",
            "a+\u{301}b", String(repeating: "a", count: 1_025),
        ])
    func names(name: String) {
        #expect { try NoteSigner(name: name) } throws: { ($0 as? NoteError)?.code == .malformedKey }
    }

    @Test("a public key has 32 bytes", arguments: [0, 31, 33])
    func keyLength(count: Int) {
        #expect { try NoteVerifier(name: "a", publicKey: [UInt8](repeating: 1, count: count)) } throws: {
            ($0 as? NoteError)?.code == .malformedKey
        }
    }
}
