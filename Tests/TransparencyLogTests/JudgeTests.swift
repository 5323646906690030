import Foundation
import Testing
import TransparencyLog

/// Go's `sumdb/tlog` and `sumdb/note` read what we wrote, and refuse what we broke.
@Suite("Judged by Go's sumdb packages", .enabled(if: Judge.isAvailable, Judge.skipReason))
struct JudgeTests {
    let signer: NoteSigner
    let log = TestLog(leafCount: 40)

    init() throws {
        signer = try NoteSigner(name: "city.example/ledger")
    }

    @Test("inclusion proofs of every leaf in several trees are accepted")
    func inclusion() throws {
        var questions: [[String: Any]] = []
        for size in [1, 2, 3, 7, 8, 9, 33, 40] {
            for index in 0..<size { questions.append(try inclusionQuestion(index, size)) }
        }
        try expectAllAccepted(questions)
    }

    @Test("consistency proofs of every pair are accepted")
    func consistency() throws {
        var questions: [[String: Any]] = []
        for newSize in 1...24 {
            for oldSize in 1...newSize { questions.append(try consistencyQuestion(oldSize, newSize)) }
        }
        try expectAllAccepted(questions)
    }

    @Test("tampered leaves, indexes, paths and notes are refused")
    func tampered() throws {
        let good = try inclusionQuestion(11, 33)
        let path = try #require(good["proof"] as? [String])
        let note = try #require(good["note"] as? String)
        let otherKey = try NoteSigner(name: signer.name).verifier.text
        let changes: [(String, Any)] = [
            ("leaf", Data("leaf 12".utf8).base64EncodedString()), ("index", 12), ("index", 33), ("index", -1),
            ("proof", Array(path.dropLast())), ("proof", path + [path[0]]), ("proof", Array(path.reversed())),
            ("note", note.replacing("\n33\n", with: "\n34\n")), ("note", note.replacing("\n\n", with: "\n")),
            ("verifierKey", otherKey),
        ]
        let questions = changes.map { change in good.merging([change.0: change.1]) { $1 } }
        let answers = try Judge.ask([good] + questions)
        #expect(answers.map(\.ok) == [true] + questions.map { _ in false })
    }

    @Test("a rewritten log is refused")
    func rewritten() throws {
        var forged = TestLog(leafCount: 7)
        for _ in 7..<40 { forged.append(Array("forged".utf8)) }
        var question = try consistencyQuestion(10, 33)
        question["note"] = try note(33, of: forged)
        question["proof"] = try forged.consistencyProof(from: 10, to: 33).hashes.map(\.base64)
        #expect(try Judge.ask([question]).map(\.ok) == [false])
    }

    @Test("a complete proof file is accepted, with either way of stating readings")
    func proofFile() throws {
        for statesCount in [true, false] {
            let ledger = try NestedProofFactory(batchCount: 13, statesCount: statesCount)
            for batch in ledger.batches.indices {
                let json = try JSONEncoder().encode(ledger.proof(batch: batch, reading: 0))
                let outcome = try Judge.checkProof(json, key: ledger.signer.verifier.text)
                #expect(outcome.accepted && outcome.output == "ok\n", "batch \(batch): \(outcome.output)")
            }
        }
    }

    @Test("a proof file with one thing changed is refused by Go as it is by us", arguments: Forgery.all)
    func forgedProofFile(_ forgery: Forgery) throws {
        let ledger = try NestedProofFactory(batchCount: 13)
        let json = try forgery.apply(to: ledger.proof(batch: 8, reading: 2))
        let outcome = try Judge.checkProof(json, key: ledger.signer.verifier.text)
        #expect(!outcome.accepted && outcome.output.hasPrefix("failed: "), "\(outcome.output)")
    }

    private func expectAllAccepted(_ questions: [[String: Any]]) throws {
        let answers = try Judge.ask(questions)
        #expect(answers.count == questions.count)
        for (question, answer) in zip(questions, answers) where !answer.ok {
            Issue.record("\(answer.reason ?? ""): \(question)")
        }
    }

    private func note(_ size: Int, of log: TestLog) throws -> String {
        try Checkpoint(origin: signer.name, size: UInt64(size), rootHash: log.rootHash(size: UInt64(size)))
            .signed(with: [NoteSigner(name: "witness.example"), signer]).encoded
    }

    private func inclusionQuestion(_ index: Int, _ size: Int) throws -> [String: Any] {
        [
            "kind": "inclusion", "verifierKey": signer.verifier.text, "note": try note(size, of: log),
            "leaf": Data(log.leaves[index]).base64EncodedString(), "index": index,
            "proof": try log.inclusionProof(of: UInt64(index), in: UInt64(size)).hashes.map(\.base64),
        ]
    }

    private func consistencyQuestion(_ oldSize: Int, _ newSize: Int) throws -> [String: Any] {
        [
            "kind": "consistency", "verifierKey": signer.verifier.text, "oldNote": try note(oldSize, of: log),
            "note": try note(newSize, of: log),
            "proof": try log.consistencyProof(from: UInt64(oldSize), to: UInt64(newSize)).hashes.map(\.base64),
        ]
    }
}
