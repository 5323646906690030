import Foundation
import Testing
import TransparencyLog

@Suite("The proof of one reading, from the key down")
struct NestedProofTests {
    let ledger: NestedProofFactory

    init() throws {
        ledger = try NestedProofFactory(batchCount: 13)
    }

    @Test("every reading of every batch is proved, also after a trip through JSON")
    func everyReading() throws {
        for (batch, readings) in ledger.batches.enumerated() {
            for reading in readings.indices {
                let proof = try ledger.proof(batch: batch, reading: reading)
                let received = try JSONDecoder().decode(NestedProof.self, from: JSONEncoder().encode(proof))
                #expect(received == proof)
                let checkpoint = try received.verify(trustedKey: ledger.signer.verifier)
                #expect(checkpoint.size == 13)
            }
        }
    }

    @Test("the JSON form has the documented members")
    func members() throws {
        let json = try JSONEncoder().encode(ledger.proof(batch: 8, reading: 2))
        let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(Set(object.keys) == ["reading", "batch", "log", "checkpoint", "verifierKey"])
        let batch = try #require(object["batch"] as? [String: Any])
        #expect(Set(batch.keys) == ["text", "readingIndex", "readingCount", "readingProof"])
        let log = try #require(object["log"] as? [String: Any])
        #expect(Set(log.keys) == ["leafIndex", "treeSize", "proof"])
        #expect((log["proof"] as? [String])?.allSatisfy { $0.utf8.count == 44 } == true)
    }

    @Test("one thing changed breaks the link it belongs to", arguments: Forgery.all)
    func forged(_ forgery: Forgery) throws {
        let forged = try JSONDecoder().decode(
            NestedProof.self, from: forgery.apply(to: ledger.proof(batch: 8, reading: 2)))
        expect(forgery.code, forged, trusting: ledger.signer.verifier)
    }

    @Test("a proof is not vouched for by another key, even of the same name")
    func otherKey() throws {
        let proof = try ledger.proof(batch: 3, reading: 0)
        expect(.untrustedKey, proof, trusting: try NoteSigner(name: ledger.signer.name).verifier)
    }

    @Test("a checkpoint of another log, though signed by the key, is refused")
    func otherOrigin() throws {
        let proof = try ledger.proof(batch: 3, reading: 0, origin: "city.example/rehearsal")
        expect(.otherOrigin, proof, trusting: ledger.signer.verifier)
    }

    @Test("a batch that does not state how many readings it has is taken at the proof's word")
    func uncounted() throws {
        let uncounted = try NestedProofFactory(batchCount: 5, statesCount: false)
        try uncounted.proof(batch: 4, reading: 3).verify(trustedKey: uncounted.signer.verifier)
    }

    @Test(
        "a batch text without a root is refused",
        arguments: [
            "", "not JSON", "{}", #"{"readingsRoot":5}"#, #"{"readingsRoot":"AAAA"}"#, "[]",
            #"{"readingsRoot":"6NVP1MTxSlrInFr8ql5HmqJfqMWLjvBVlSKRRgPNkCU=","readingCount":"1"}"#,
        ])
    func malformedBatch(text: String) throws {
        let signer = ledger.signer
        var log = TestLog()
        log.append(Array(text.utf8))
        let checkpoint = try Checkpoint(origin: signer.name, size: 1, rootHash: log.frontier.rootHash)
        let proof = NestedProof(
            reading: "r",
            batch: NestedProof.Batch(text: text, proof: InclusionProof(index: 0, treeSize: 1, hashes: [])),
            log: NestedProof.Log(proof: try log.inclusionProof(of: 0, in: 1)),
            checkpoint: try checkpoint.signed(with: [signer]).encoded, verifierKey: signer.verifier.text)
        expect(.malformedBatch, proof, trusting: signer.verifier)
    }

    @Test(
        "JSON that is not a proof is not decoded",
        arguments: [
            "", "{}", "[]", #"{"reading":"r","batch":{},"log":{},"checkpoint":"","verifierKey":""}"#,
            #"{"reading":"r","batch":{"text":"","readingIndex":-1,"readingCount":1,"readingProof":[]},"#
                + #""log":{"leafIndex":0,"treeSize":1,"proof":[]},"checkpoint":"","verifierKey":""}"#,
            #"{"reading":"r","batch":{"text":"","readingIndex":0,"readingCount":1,"readingProof":["AA"]},"#
                + #""log":{"leafIndex":0,"treeSize":1,"proof":[]},"checkpoint":"","verifierKey":""}"#,
        ])
    func notAProof(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(NestedProof.self, from: Data(json.utf8)) }
    }

    private func expect(_ code: ProofError.Code, _ proof: NestedProof, trusting key: NoteVerifier) {
        do throws(ProofError) {
            try proof.verify(trustedKey: key)
            Issue.record("verified, expected \(code)")
        } catch {
            #expect(error.code == code, "\(error)")
        }
    }
}
