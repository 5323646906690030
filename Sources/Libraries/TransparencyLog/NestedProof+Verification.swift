import Foundation

extension NestedProof {
    /// What a batch text must state.
    private struct BatchStatement: Decodable {
        let readingsRoot: Digest
        let readingCount: UInt64?
    }

    /// Checks every link from the key down to the reading.
    ///
    /// - Parameter trustedKey: The log's key, obtained from another source than the proof.
    /// - Returns: The checkpoint that vouches for the reading.
    /// - Throws: ``ProofError`` with the code of the first link that does not hold, from the key downwards.
    @discardableResult
    public func verify(trustedKey: NoteVerifier) throws(ProofError) -> Checkpoint {
        let checkpoint = try verifyCheckpoint(trustedKey: trustedKey)
        try verifyBatch(in: checkpoint)
        try verifyReading(in: try batchStatement())
        return checkpoint
    }

    private func verifyCheckpoint(trustedKey: NoteVerifier) throws(ProofError) -> Checkpoint {
        guard verifierKey.utf8.elementsEqual(trustedKey.text.utf8) else {
            throw ProofError(.untrustedKey, "the proof names another key than the trusted `\(trustedKey.name)`")
        }
        let verified: Checkpoint
        do {
            verified = try Checkpoint(signedNote: checkpoint, trusting: [trustedKey])
        } catch {
            switch error.code {
            case .wrongSignature, .noKnownSignature: throw ProofError(.unsignedCheckpoint, error.message)
            case .malformedNote, .tooLarge, .malformedCheckpoint, .malformedKey, .unsupportedKeyType, .wrongKeyID:
                throw ProofError(.malformedCheckpoint, error.message)
            }
        }
        guard verified.origin.utf8.elementsEqual(trustedKey.name.utf8) else {
            throw ProofError(.otherOrigin, "the checkpoint is of log `\(verified.origin)`, not `\(trustedKey.name)`")
        }
        return verified
    }

    private func verifyBatch(in checkpoint: Checkpoint) throws(ProofError) {
        guard log.treeSize == checkpoint.size else {
            throw ProofError(
                .otherTreeSize, "the proof is for \(log.treeSize) leaves, the checkpoint for \(checkpoint.size)")
        }
        let proof = InclusionProof(index: log.leafIndex, treeSize: log.treeSize, hashes: log.proof)
        do {
            try proof.verify(leafHash: MerkleHash.leaf(batch.text.utf8), rootHash: checkpoint.rootHash)
        } catch {
            throw ProofError(.batchNotInLog, "batch \(log.leafIndex) is not proved to be in the log: \(error.message)")
        }
    }

    private func batchStatement() throws(ProofError) -> BatchStatement {
        do {
            return try JSONDecoder().decode(BatchStatement.self, from: Data(batch.text.utf8))
        } catch {
            throw ProofError(.malformedBatch, "the batch text is not JSON with the base64 root `readingsRoot`")
        }
    }

    private func verifyReading(in statement: BatchStatement) throws(ProofError) {
        if let stated = statement.readingCount, stated != batch.readingCount {
            throw ProofError(
                .otherReadingCount, "the proof is for \(batch.readingCount) readings, the batch states \(stated)")
        }
        let proof = InclusionProof(
            index: batch.readingIndex, treeSize: batch.readingCount, hashes: batch.readingProof)
        do {
            try proof.verify(leafHash: MerkleHash.leaf(reading.utf8), rootHash: statement.readingsRoot)
        } catch {
            throw ProofError(
                .readingNotInBatch, "reading \(batch.readingIndex) is not proved to be in the batch: \(error.message)")
        }
    }
}
