import Foundation
import Testing
import TransparencyLog

/// A small ledger of batches with readings, and proofs made from it.
struct NestedProofFactory {
    let signer: NoteSigner
    private(set) var log = TestLog()
    private(set) var batches: [[String]] = []

    init(batchCount: Int, statesCount: Bool = true) throws {
        signer = try NoteSigner(name: "city.example/ledger")
        for batch in 0..<batchCount {
            let readings = (0...batch % 5).map { #"{"sensor":"gauge-\#($0)","levelMetres":\#(batch).5,"über":"ok"}"# }
            let root = MerkleTree.root(ofLeafHashes: readings.map { MerkleHash.leaf($0.utf8) })
            let count = statesCount ? #","readingCount":\#(readings.count)"# : ""
            log.append(Array(#"{"batch":\#(batch),"readingsRoot":"\#(root.base64)"\#(count)}"#.utf8))
            batches.append(readings)
        }
    }

    func proof(batch: Int, reading: Int, treeSize: Int? = nil, origin: String? = nil) throws -> NestedProof {
        let size = UInt64(treeSize ?? batches.count)
        let checkpoint = try Checkpoint(
            origin: origin ?? signer.name, size: size, rootHash: log.rootHash(size: size))
        let readings = batches[batch]
        let inBatch = try #require(
            MerkleTree.inclusionProof(of: reading, leafHashes: readings.map { MerkleHash.leaf($0.utf8) }))
        return NestedProof(
            reading: readings[reading],
            batch: NestedProof.Batch(text: String(decoding: log.leaves[batch], as: UTF8.self), proof: inBatch),
            log: NestedProof.Log(proof: try log.inclusionProof(of: UInt64(batch), in: size)),
            checkpoint: try checkpoint.signed(with: [signer]).encoded, verifierKey: signer.verifier.text)
    }
}

/// A proof file with one thing changed, and the link that must then break.
struct Forgery: Sendable, CustomTestStringConvertible {
    let name: String
    let code: ProofError.Code
    let change: @Sendable (inout [String: Any]) throws -> Void
    var testDescription: String { name }

    /// Changes the JSON form, as someone with an editor would.
    func apply(to proof: NestedProof) throws -> Data {
        var object = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(proof)) as? [String: Any])
        try change(&object)
        return try JSONSerialization.data(withJSONObject: object)
    }

    private static func inside(
        _ member: String, _ change: @escaping @Sendable (inout [String: Any]) throws -> Void
    ) -> @Sendable (inout [String: Any]) throws -> Void {
        { object in
            var inner = try #require(object[member] as? [String: Any])
            try change(&inner)
            object[member] = inner
        }
    }

    private static func replacing(
        _ member: String, _ old: String, _ new: String
    ) -> @Sendable (inout [String: Any]) throws -> Void {
        { object in
            let text = try #require(object[member] as? String)
            #expect(text.contains(old))
            object[member] = text.replacing(old, with: new)
        }
    }

    private static func reversed(_ member: String) -> @Sendable (inout [String: Any]) throws -> Void {
        { object in object[member] = Array(try #require(object[member] as? [String]).reversed()) }
    }

    private static func shortened(_ member: String) -> @Sendable (inout [String: Any]) throws -> Void {
        { object in object[member] = Array(try #require(object[member] as? [String]).dropLast()) }
    }

    private static func setting(_ member: String, _ value: Int) -> @Sendable (inout [String: Any]) throws -> Void {
        { object in object[member] = value }
    }

    /// For reading 2 of batch 8 (four readings) in a log of 13 batches.
    static let all = [
        Forgery(name: "reading", code: .readingNotInBatch, change: replacing("reading", "8.5", "8.4")),
        Forgery(name: "batch text", code: .batchNotInLog, change: inside("batch", replacing("text", ":8", ":7"))),
        Forgery(name: "reading index", code: .readingNotInBatch, change: inside("batch", setting("readingIndex", 1))),
        Forgery(name: "reading beyond", code: .readingNotInBatch, change: inside("batch", setting("readingIndex", 4))),
        Forgery(name: "reading count", code: .otherReadingCount, change: inside("batch", setting("readingCount", 3))),
        Forgery(
            name: "reading path order", code: .readingNotInBatch, change: inside("batch", reversed("readingProof"))),
        Forgery(name: "reading path cut", code: .readingNotInBatch, change: inside("batch", shortened("readingProof"))),
        Forgery(name: "leaf index", code: .batchNotInLog, change: inside("log", setting("leafIndex", 9))),
        Forgery(name: "leaf beyond", code: .batchNotInLog, change: inside("log", setting("leafIndex", 13))),
        Forgery(name: "tree size", code: .otherTreeSize, change: inside("log", setting("treeSize", 12))),
        Forgery(name: "log path order", code: .batchNotInLog, change: inside("log", reversed("proof"))),
        Forgery(name: "log path cut", code: .batchNotInLog, change: inside("log", shortened("proof"))),
        Forgery(
            name: "checkpoint size", code: .unsignedCheckpoint, change: replacing("checkpoint", "\n13\n", "\n14\n")),
        Forgery(
            name: "checkpoint key name", code: .unsignedCheckpoint,
            change: replacing("checkpoint", "— city.example", "— city.exemple")),
        Forgery(
            name: "checkpoint form", code: .malformedCheckpoint, change: replacing("checkpoint", "\n\n", "\n")),
        Forgery(name: "verifier key", code: .untrustedKey, change: replacing("verifierKey", "city", "town")),
    ]
}
