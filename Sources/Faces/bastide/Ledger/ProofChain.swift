import Foundation
import JSONBytes
import TransparencyLog

/// What was checked, link by link, from the trusted key down to what is proved.
struct ProofChain: Encodable, Sendable {
    /// One link.
    struct Link: Encodable, Sendable {
        /// What it ties together, as a statement that is true when it holds.
        var statement: String
        /// nil for a link that was not reached.
        var holds: Bool?
        /// Why it does not hold, or the fact it rests on.
        var detail: String?
    }

    var links: [Link] = []
    /// What is proved when every link holds, as name and value.
    var facts: [Fact] = []
    var holds: Bool { !links.isEmpty && links.allSatisfy { $0.holds == true } }

    /// One thing that is proved.
    struct Fact: Encodable, Sendable {
        var name: String
        var value: String
    }

    /// The first link that does not hold.
    var brokenLink: String? {
        links.first { $0.holds == false }.map { "\($0.statement): \($0.detail ?? "no")" }
    }

    var text: String {
        var lines = links.map { link in
            let mark =
                switch link.holds {
                case true?: "ok      "
                case false?: "BROKEN  "
                case nil: "-       "
                }
            return mark + link.statement + (link.detail.map { "\n          \($0)" } ?? "")
        }
        if holds {
            var list = FactList()
            for fact in facts { list.add("  \(fact.name)", fact.value) }
            lines += ["", "Proved:", list.text]
        }
        return lines.joined(separator: "\n")
    }

    private enum CodingKeys: String, CodingKey {
        case holds, links, facts
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(holds, forKey: .holds)
        try container.encode(links, forKey: .links)
        try container.encode(holds ? facts : [], forKey: .facts)
    }

    /// Checks links in turn; after the first that does not hold, the rest are only named.
    fileprivate mutating func add(_ statement: String, _ check: () throws -> String?) {
        guard links.allSatisfy({ $0.holds == true }) else {
            links.append(Link(statement: statement))
            return
        }
        do {
            links.append(Link(statement: statement, holds: true, detail: try check()))
        } catch let error as ProofError {
            links.append(Link(statement: statement, holds: false, detail: error.message))
        } catch let error as NoteError {
            links.append(Link(statement: statement, holds: false, detail: error.message))
        } catch {
            links.append(Link(statement: statement, holds: false, detail: "\(error)"))
        }
    }
}

/// A link that our own comparison finds broken.
private struct BrokenLink: Error, CustomStringConvertible {
    let description: String
}

// MARK: - A checkpoint

extension ProofChain {
    /// The chain from the key to a checkpoint.
    static func checkpoint(_ note: String, trusting key: NoteVerifier) -> ProofChain {
        var chain = ProofChain()
        _ = chain.addCheckpoint(note, "the checkpoint", trusting: key)
        return chain
    }

    fileprivate mutating func addCheckpoint(_ note: String, _ name: String, trusting key: NoteVerifier) -> Checkpoint? {
        var verified: Checkpoint?
        add("\(name) is signed by \(key.name)") {
            verified = try Checkpoint(signedNote: note, trusting: [key])
            return nil
        }
        add("\(name) is of the log that the key belongs to") {
            guard let origin = verified?.origin, origin == key.name else {
                throw BrokenLink(description: "it is of log `\(verified?.origin ?? "")`")
            }
            return nil
        }
        if let verified {
            facts = [
                Fact(name: "ledger", value: verified.origin), Fact(name: "batches", value: "\(verified.size)"),
                Fact(name: "root hash", value: verified.rootHash.base64),
            ]
        }
        return verified
    }

    /// The chain from the key to the statement that one log begins with another.
    static func growth(from old: String, to new: String, proof: String, trusting key: NoteVerifier) -> ProofChain {
        var chain = ProofChain()
        let older = chain.addCheckpoint(old, "the older checkpoint", trusting: key)
        let newer = chain.addCheckpoint(new, "the newer checkpoint", trusting: key)
        chain.add("the newer ledger begins with the older one") {
            guard let older, let newer else { return nil }
            guard let view = try? JSONDecoder().decode(ConsistencyView.self, from: Data(proof.utf8)) else {
                throw BrokenLink(description: "the consistency proof is not JSON with from, to and proof")
            }
            let hashes = view.proof.compactMap { Digest(base64: $0) }
            guard hashes.count == view.proof.count else {
                throw BrokenLink(description: "the consistency proof has hashes that are not 44 characters of base64")
            }
            guard view.from == older.size, view.to == newer.size else {
                throw BrokenLink(
                    description:
                        "the consistency proof is from \(view.from) to \(view.to) batches, the checkpoints are "
                        + "of \(older.size) and \(newer.size)")
            }
            try ConsistencyProof(oldSize: older.size, newSize: newer.size, hashes: hashes)
                .verify(oldRootHash: older.rootHash, newRootHash: newer.rootHash)
            return nil
        }
        if let older, let newer {
            chain.facts = [
                Fact(name: "ledger", value: newer.origin),
                Fact(
                    name: "growth", value: "from \(older.size) to \(newer.size) batches, nothing was taken away"),
            ]
        }
        return chain
    }
}

// MARK: - A reading

extension ProofChain {
    /// What a batch's text says of the batch.
    private struct BatchText: Decodable {
        var batch: UInt64
        var city: String
        var committedAt: String
        var entries: UInt64
    }

    /// The links of a reading's proof, from the key downwards, and which errors break which.
    private enum ReadingLink: CaseIterable {
        case key, checkpoint, batchInLog, readingInBatch

        var statement: String {
            switch self {
            case .key: "the proof is made for the trusted key"
            case .checkpoint: "the checkpoint is signed by that key, for its own log"
            case .batchInLog: "the batch is in the log that the checkpoint describes"
            case .readingInBatch: "the reading is in the batch"
            }
        }

        init(breaking code: ProofError.Code) {
            switch code {
            case .untrustedKey: self = .key
            case .malformedCheckpoint, .unsignedCheckpoint, .otherOrigin: self = .checkpoint
            case .otherTreeSize, .batchNotInLog, .outsideTree, .wrongLength, .wrongRoot: self = .batchInLog
            case .malformedBatch, .otherReadingCount, .readingNotInBatch: self = .readingInBatch
            }
        }
    }

    /// The chain from the key to a reading.
    static func reading(_ text: String, trusting key: NoteVerifier) -> ProofChain {
        var chain = ProofChain()
        var proof: NestedProof?
        chain.add("the file is a proof") {
            do {
                proof = try JSONDecoder().decode(NestedProof.self, from: Data(text.utf8))
            } catch {
                throw BrokenLink(
                    description:
                        "it is not JSON with reading, batch, log, checkpoint and verifierKey, whole and well-formed")
            }
            return nil
        }
        var failure: ProofError?
        do throws(ProofError) {
            try proof?.verify(trustedKey: key)
        } catch {
            failure = error
        }
        for link in ReadingLink.allCases {
            chain.add(link.statement) {
                if let failure, ReadingLink(breaking: failure.code) == link { throw failure }
                return nil
            }
        }
        var batch: BatchText?
        chain.add("the batch's own words agree with its place in the log") {
            batch = try proof.map { try words(ofBatchIn: $0, key: key) }
            return nil
        }
        if let proof, let batch { chain.facts = facts(proof, batch) }
        return chain
    }

    private static func words(ofBatchIn proof: NestedProof, key: NoteVerifier) throws -> BatchText {
        guard let words = try? JSONDecoder().decode(BatchText.self, from: Data(proof.batch.text.utf8)) else {
            throw BrokenLink(description: "its text lacks batch, city, committedAt or entries")
        }
        guard words.city == key.name else { throw BrokenLink(description: "it says it is of `\(words.city)`") }
        guard words.batch > 0, words.batch - 1 == proof.log.leafIndex else {
            throw BrokenLink(description: "it says it is batch \(words.batch), but is leaf \(proof.log.leafIndex)")
        }
        guard words.entries == proof.batch.readingCount else {
            throw BrokenLink(
                description: "it says it has \(words.entries) entries, the proof is for \(proof.batch.readingCount)")
        }
        return words
    }

    private static func facts(_ proof: NestedProof, _ batch: BatchText) -> [Fact] {
        var facts: [Fact] = []
        if case .object(let reading)? = try? JSONValue(parsing: proof.reading) {
            for member in reading.members where member.name != "salt" {
                if case .string(let text) = member.value {
                    facts.append(Fact(name: member.name, value: text))
                } else {
                    facts.append(Fact(name: member.name, value: member.value.description))
                }
            }
        } else {
            facts.append(Fact(name: "reading", value: proof.reading))
        }
        facts.append(Fact(name: "committed", value: "\(batch.committedAt), in batch \(batch.batch) of \(batch.city)"))
        facts.append(Fact(name: "checkpoint", value: "over \(proof.log.treeSize) batches"))
        return facts
    }
}
