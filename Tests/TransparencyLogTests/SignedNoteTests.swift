import Testing
import TransparencyLog

@Suite("Signed notes [C2SP signed-note]")
struct SignedNoteTests {
    static let text =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    static let peterLine =
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    static let enochLine =
        "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
    static let published = text + "\n" + peterLine + enochLine

    let peter: NoteVerifier
    let enoch: NoteVerifier

    init() throws {
        peter = try NoteVerifier(PublishedKeys.peter)
        enoch = try NoteVerifier(PublishedKeys.enoch)
    }

    @Test("the published note verifies with either key and with both")
    func published() throws {
        let note = try SignedNote(parsing: Self.published)
        #expect(note.text == Self.text)
        #expect(note.signatures.map(\.name) == ["PeterNeumann", "EnochRoot"])
        #expect(note.encoded == Self.published)
        #expect(try note.verify(trusting: [peter]).signedBy == [peter])
        #expect(try note.verify(trusting: [enoch]).signedBy == [enoch])
        #expect(try note.verify(trusting: [peter, enoch, peter]).signedBy == [peter, enoch])
        #expect(try note.verify(trusting: [peter]).text == Self.text)
    }

    #if !canImport(Darwin)
        // CryptoKit adds randomness to Ed25519 signatures; elsewhere they are those of RFC 8032.
        @Test("signing with the published key gives the published note")
        func signing() throws {
            let signer = try NoteSigner(privateText: PublishedKeys.peterPrivate)
            #expect(try SignedNote(signing: Self.text, with: [signer]).encoded == Self.text + "\n" + Self.peterLine)
        }
    #endif

    @Test("the example of the specification is read, with empty lines in its text")
    func specificationExample() throws {
        let text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
        let line =
            "— quasimodo.example/salvatore "
            + "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
        let note = try SignedNote(parsing: text + "\n" + line)
        #expect(note.text == text)
        #expect(note.signatures.map(\.keyID) == [0x367b_a04b])
    }

    @Test("a further signature goes to the end and replaces an earlier one of the same key")
    func adding() throws {
        let witness = try NoteSigner(name: "witness.example")
        let once = try SignedNote(parsing: Self.published).adding([witness])
        let twice = try once.adding([witness])
        #expect(once.signatures.map(\.name) == ["PeterNeumann", "EnochRoot", "witness.example"])
        #expect(twice.signatures.count == 3)
        #expect(try SignedNote(parsing: twice.encoded).verify(trusting: [witness.verifier, peter]).signedBy.count == 2)
    }

    @Test("signatures of unknown keys are ignored, whatever they hold")
    func unknownKeys() throws {
        let junk = "— PeterNeumann AAAAAAA=\n" + "— someone.else x08go/ZJ\n"
        let note = try SignedNote(parsing: Self.text + "\n" + junk + Self.peterLine + junk)
        #expect(try note.verify(trusting: [peter]).signedBy == [peter])
        #expect { try note.verify(trusting: [enoch]) } throws: { ($0 as? NoteError)?.code == .noKnownSignature }
        #expect { try note.verify(trusting: []) } throws: { ($0 as? NoteError)?.code == .noKnownSignature }
    }

    @Test("one wrong signature of a trusted key spoils the note, although another is right")
    func wrongSignature() throws {
        let note = try SignedNote(parsing: Self.published.replacing("6KE6RyyBwJnAM=", with: "6KE6RyyBwJnAI="))
        #expect { try note.verify(trusting: [peter, enoch]) } throws: { ($0 as? NoteError)?.code == .wrongSignature }
        #expect(try note.verify(trusting: [enoch]).signedBy == [enoch])
    }

    @Test("a changed text is not what was signed")
    func changedText() throws {
        let changed = try SignedNote(parsing: Self.published.replacing("problem is.", with: "problem is!"))
        #expect { try changed.verify(trusting: [peter]) } throws: { ($0 as? NoteError)?.code == .wrongSignature }
    }

    @Test("names that only look the same are different names")
    func composedNames() throws {
        let composed = try NoteSigner(name: "caf\u{E9}.example")
        let decomposed = try NoteVerifier(name: "cafe\u{301}.example", publicKey: composed.verifier.publicKey)
        let note = try SignedNote(signing: "text\n", with: [composed])
        #expect(try SignedNote(parsing: note.encoded).verify(trusting: [composed.verifier]).text == "text\n")
        #expect { try note.verify(trusting: [decomposed]) } throws: { ($0 as? NoteError)?.code == .noKnownSignature }
    }

    @Test(
        "malformed notes are refused",
        arguments: [
            "", "\n", "\n\n", "text\n", "text\n\n", "text\n\nnot a signature\n", text + peterLine,
            text + "\n" + peterLine.dropLast(), text + "\n" + peterLine + "\n", text + "\n" + peterLine + "\n" + "x\n",
            text + "\n—PeterNeumann x08go/ZJkuBS9UG\n", text + "\n— PeterNeumann\n", text + "\n— PeterNeumann \n",
            text + "\n— PeterNeumann x08go/ZJ \n", text + "\n— PeterNeumann x08go/Z\n",
            text + "\n— PeterNeumann x08gow==\n",
            text + "\n—  x08go/ZJkuBS\n", text + "\n— Peter+Neumann x08go/ZJkuBS\n",
            text + "\n- PeterNeumann x08go/ZJkuBS\n",
            text + "\n— Peter\u{2003}Neumann x08go/ZJkuBS\n", text + "\n— PeterNeumann x08go_ZJkuBS\n",
            "te\rxt\n\n" + peterLine, "te\u{0}xt\n\n" + peterLine, "te\txt\n\n" + peterLine,
            (text + "\n" + peterLine).replacing("\n", with: "\r\n"),
        ])
    func malformed(note: String) {
        #expect { try SignedNote(parsing: note) } throws: { ($0 as? NoteError)?.code == .malformedNote }
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x8A]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        #expect { try SignedNote(parsing: bytes + Array(Self.published.utf8)) } throws: {
            ($0 as? NoteError)?.code == .malformedNote
        }
    }

    @Test("a note holds as many signatures and bytes as the limits say, and no more")
    func limits() throws {
        let lines = (0..<LogLimits.noteSignatures).map { "— key\($0).example x08go/ZJkuBS\n" }.joined()
        #expect(try SignedNote(parsing: "text\n\n" + lines).signatures.count == LogLimits.noteSignatures)
        #expect { try SignedNote(parsing: "text\n\n" + lines + Self.peterLine) } throws: {
            ($0 as? NoteError)?.code == .tooLarge
        }
        let filler = String(repeating: "x", count: LogLimits.noteBytes - Self.peterLine.utf8.count - 2)
        #expect(try SignedNote(parsing: filler + "\n\n" + Self.peterLine).text.utf8.count == filler.utf8.count + 1)
        #expect { try SignedNote(parsing: filler + "x\n\n" + Self.peterLine) } throws: {
            ($0 as? NoteError)?.code == .tooLarge
        }
        let signer = try NoteSigner(name: "a")
        #expect { try SignedNote(signing: filler + "\n", with: [signer]).adding([NoteSigner(name: "b")]) } throws: {
            ($0 as? NoteError)?.code == .tooLarge
        }
    }

    @Test("only a text that could be read back is signed", arguments: ["", "text", "te\txt\n", "te\r\nxt\n"])
    func unsignable(text: String) throws {
        let signer = try NoteSigner(name: "a")
        #expect { try SignedNote(signing: text, with: [signer]) } throws: {
            ($0 as? NoteError)?.code == .malformedNote
        }
        #expect { try SignedNote(signing: "text\n", with: []) } throws: {
            ($0 as? NoteError)?.code == .malformedNote
        }
    }

    @Test("random damage never verifies as another text, and never traps")
    func fuzz() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<5_000 {
            var bytes = Array(Self.published.utf8)
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let position = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: position)
                case 2: bytes.insert([0x0A, 0x20, 0xE2, 0x2B, 0x3D].randomElement(using: &random) ?? 0, at: position)
                default: bytes.removeSubrange(position...)
                }
                if bytes.isEmpty { bytes = [0x0A] }
            }
            guard let note = try? SignedNote(parsing: bytes) else { continue }
            #expect(Array(note.encoded.utf8) == bytes, "seed \(seed)")
            guard let verified = try? note.verify(trusting: [peter]) else { continue }
            #expect(verified.text == Self.text, "seed \(seed)")
        }
    }
}
