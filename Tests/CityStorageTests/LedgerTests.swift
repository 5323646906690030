import CityModel
import CityStorage
import Foundation
import GRDB
import Testing
import TransparencyLog

@Suite("The ledger over a journal")
struct LedgerTests {
    let folder: TemporaryFolder
    let signer: NoteSigner
    let city: TestJournal

    init() throws {
        folder = try TemporaryFolder()
        signer = try NoteSigner(name: TestJournal.origin)
        city = try TestJournal(in: folder, signer: signer)
    }

    private func leaves() throws -> [Digest] {
        try city.journal.batches(after: 0, limit: 1_000).map { MerkleHash.leaf($0.leafText) }
    }

    @Test("every leaf of every size is proved to be in the tree (RFC 6962 §2.1.1)")
    func inclusion() throws {
        try city.commit(batches: 0..<13, readings: 1)
        let leaves = try leaves()
        for size in 1...UInt64(leaves.count) {
            let root = try city.ledger.rootHash(size: size)
            #expect(root == MerkleTree.root(ofLeafHashes: Array(leaves[..<Int(size)])))
            for index in 0..<size {
                let proof = try city.ledger.inclusionProof(of: index, in: size)
                try proof.verify(leafHash: leaves[Int(index)], rootHash: root)
            }
        }
    }

    @Test("every earlier size is proved to be a prefix of every later one (RFC 6962 §2.1.2)")
    func consistency() throws {
        try city.commit(batches: 0..<11, readings: 1)
        for second in 1...UInt64(11) {
            for first in 1...second {
                let proof = try city.ledger.consistencyProof(from: first, to: second)
                try proof.verify(
                    oldRootHash: city.ledger.rootHash(size: first), newRootHash: city.ledger.rootHash(size: second))
            }
        }
    }

    @Test("a checkpoint is over all batches, and the published key checks it")
    func checkpoint() throws {
        try city.commit(batches: 0..<7)
        let checkpoint = city.ledger.checkpoint()
        let signed = try Checkpoint(
            signedNote: checkpoint.note, trusting: [try NoteVerifier(city.ledger.verifierKey)])
        #expect(signed.size == 7)
        #expect(signed.origin == TestJournal.origin)
        #expect(signed.rootHash == MerkleTree.root(ofLeafHashes: try leaves()))
    }

    @Test("grows the same tree whether or not it was opened again in between")
    func reopened() throws {
        try city.commit(batches: 0..<5)
        let again = try TestJournal(in: folder, signer: signer)
        try again.series.restore(definition(0))
        try again.commit(batches: 5..<9)
        #expect(again.ledger.size == 9)
        #expect(again.ledger.checkpoint().rootHash == MerkleTree.root(ofLeafHashes: try leaves()))
    }

    @Test("an empty log keeps no checkpoint")
    func emptyLog() throws {
        try city.ledger.keepCheckpoint(at: .start)
        #expect(try city.journal.newestCheckpoint() == nil)
        #expect(city.ledger.checkpoint().rootHash == MerkleHash.emptyRoot)
    }

    @Test("holds the journal against the newest checkpoint when it is opened")
    func heldAgainstCheckpoint() throws {
        try city.commit(batches: 0..<6)
        try city.ledger.keepCheckpoint(at: .start)
        try city.commit(batches: 6..<8)
        #expect(try TestJournal(in: folder, signer: signer).ledger.size == 8)
    }

    /// Opens the ledger anew, with the checkpoint that is kept apart from the journal.
    private func reopenedApart() throws -> Ledger {
        try Ledger(
            origin: TestJournal.origin, signer: signer, journal: try SQLiteJournal(path: folder.journal),
            checkpointFile: folder.path + "/checkpoint")
    }

    @Test("the newest checkpoint is kept apart from the journal, too: one that lost its end with its checkpoints shows")
    func keptApart() throws {
        try city.commit(batches: 0..<4)
        try reopenedApart().keepCheckpoint(at: .start)
        #expect(try reopenedApart().size == 4)
        try DatabaseQueue(path: folder.journal).write { database in
            try database.execute(sql: "DELETE FROM batch WHERE sequence > 3; DELETE FROM checkpoint")
        }
        #expect(try TestJournal(in: folder, signer: signer).ledger.size == 3, "the journal alone does not show it")
        let error = storageError { _ = try reopenedApart() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("batch 3") == true)
        #expect(error?.message.contains("\(folder.path)/checkpoint was signed over 4") == true)
    }

    @Test("a checkpoint kept apart that another key signed, or nobody, is damage", arguments: [true, false])
    func foreignApart(isSigned: Bool) throws {
        try city.commit(batches: 0..<4)
        let other = try NoteSigner(name: TestJournal.origin)
        let note = try Checkpoint(origin: TestJournal.origin, size: 4, rootHash: .zero).signed(with: [other]).encoded
        try folder.overwrite("checkpoint", with: Data((isSigned ? note : "").utf8))
        let error = storageError { _ = try reopenedApart() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("/checkpoint isn't signed") == true)
    }

    private func reopenedError(after statement: String, signer other: NoteSigner? = nil) throws -> StorageError? {
        try city.commit(batches: 0..<6)
        try city.ledger.keepCheckpoint(at: .start)
        try DatabaseQueue(path: folder.journal).write { try $0.execute(sql: statement) }
        return storageError { _ = try TestJournal(in: folder, signer: other ?? signer) }
    }

    @Test("batches missing below a signed checkpoint are damage, and the error counts them")
    func missingBatches() throws {
        let error = try reopenedError(after: "DELETE FROM batch WHERE sequence > 4")
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("batch 4") == true)
        #expect(error?.message.contains("over 6") == true)
    }

    @Test("hashes that do not make the tree of a signed checkpoint are damage", arguments: [4, 6])
    func otherHashes(sequence: Int) throws {
        let error = try reopenedError(
            after: "UPDATE batch SET hashes = zeroblob(length(hashes)) WHERE sequence = \(sequence)")
        #expect(error?.code == .damaged)
    }

    @Test("another key than the one that signed the checkpoints is refused")
    func otherKey() throws {
        let error = try reopenedError(after: "SELECT 1", signer: try NoteSigner(name: TestJournal.origin))
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("ledger key") == true)
    }

    @Test("a checkpoint that is no note is damage", arguments: ["''", "'x'", "x'FF00'", "7"])
    func garbageCheckpoint(note: String) throws {
        #expect(try reopenedError(after: "UPDATE checkpoint SET note = \(note)")?.code == .damaged)
    }
}
