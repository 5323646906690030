import Testing
import TransparencyLog

@Suite("Checkpoints [C2SP tlog-checkpoint]")
struct CheckpointTests {
    static let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

    @Test("the example of the specification is read and written back")
    func specificationExample() throws {
        let text = "example.com/behind-the-sofa\n20852163\n\(Self.root)\n"
        let checkpoint = try Checkpoint(text: text)
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == 20_852_163)
        #expect(checkpoint.rootHash.base64 == Self.root)
        #expect(checkpoint.extensionLines.isEmpty)
        #expect(checkpoint.text == text)
    }

    @Test("extension lines are kept in order")
    func extensions() throws {
        let text = "a b\n0\n\(Self.root)\nfirst\nsecond: 2\n"
        #expect(try Checkpoint(text: text).extensionLines == ["first", "second: 2"])
        #expect(try Checkpoint(text: text).text == text)
    }

    @Test("a signed checkpoint is read back under its key, and under no other")
    func signed() throws {
        let signer = try NoteSigner(name: "city.example/ledger")
        let log = TestLog(leafCount: 9)
        let checkpoint = try Checkpoint(origin: signer.name, size: 9, rootHash: log.frontier.rootHash)
        let note = try checkpoint.signed(with: [signer, NoteSigner(name: "witness.example")]).encoded
        #expect(try Checkpoint(signedNote: note, trusting: [signer.verifier]) == checkpoint)
        let other = try NoteSigner(name: signer.name)
        #expect { try Checkpoint(signedNote: note, trusting: [other.verifier]) } throws: {
            ($0 as? NoteError)?.code == .noKnownSignature
        }
        let enlarged = note.replacing("\n9\n", with: "\n8\n")
        #expect { try Checkpoint(signedNote: enlarged, trusting: [signer.verifier]) } throws: {
            ($0 as? NoteError)?.code == .wrongSignature
        }
    }

    @Test("a signed text that is not a checkpoint is refused")
    func signedOtherText() throws {
        let signer = try NoteSigner(name: "a")
        let note = try SignedNote(signing: "just a text\n", with: [signer]).encoded
        #expect { try Checkpoint(signedNote: note, trusting: [signer.verifier]) } throws: {
            ($0 as? NoteError)?.code == .malformedCheckpoint
        }
    }

    @Test(
        "malformed texts are refused",
        arguments: [
            "", "\n", "a\n", "a\n1\n", "a\n1\n\(root)", "\n1\n\(root)\n", "a\n\n\(root)\n", "a\n1\n\n",
            "a\n01\n\(root)\n",
            "a\n+1\n\(root)\n", "a\n-1\n\(root)\n", "a\n1 \n\(root)\n", "a\n0x1\n\(root)\n", "a\n1\n\(root) \n",
            "a\n9223372036854775808\n\(root)\n", "a\n99999999999999999999\n\(root)\n", "a\n1\n\(root.dropLast())\n",
            "a\n1\n\(root)\n\n", "a\n1\n\(root)\nx\n\ny\n", "a\r\n1\r\n\(root)\r\n",
            "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
            "a\n١\n\(root)\n",
        ])
    func malformed(text: String) {
        #expect { try Checkpoint(text: text) } throws: { ($0 as? NoteError)?.code == .malformedCheckpoint }
    }

    @Test(
        "parts that would not be read back make no checkpoint",
        arguments: [
            ("", []), ("a\nb", []), ("a", [""]), ("a", ["b\nc"]), ("a\u{0}", []),
        ] as [(String, [String])])
    func malformedParts(origin: String, extensionLines: [String]) {
        #expect {
            try Checkpoint(origin: origin, size: 1, rootHash: .zero, extensionLines: extensionLines)
        } throws: {
            ($0 as? NoteError)?.code == .malformedCheckpoint
        }
    }

    @Test("the largest size is read, the next is not")
    func largestSize() throws {
        let text = "a\n\(LogLimits.treeSize)\n\(Self.root)\n"
        #expect(try Checkpoint(text: text).size == LogLimits.treeSize)
        #expect(throws: NoteError.self) { try Checkpoint(origin: "a", size: .max, rootHash: .zero) }
    }
}
