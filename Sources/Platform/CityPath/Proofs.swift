import CityContext
public import CityModel
import CityStorage
public import TransparencyLog

/// Why a proof cannot be given.
public enum ProofRefusal: Error, Sendable, Equatable {
    /// The city has no such reading.
    case noSuchReading(String)
    /// The store failed; the message is for the log.
    case storeFailed(String)
}

extension City {
    /// The proof that a reading is in the ledger: the reading's own text, its path to its batch's root, the batch's path
    /// to the log's root, and a checkpoint signed over that root. A stranger can check it with the ledger's key alone.
    ///
    /// - Parameters:
    ///   - attribute: The attribute's name.
    ///   - entity: The entity's id.
    ///   - observedAt: When the reading was made; nil for the current one.
    /// - Returns: The proof, whole: everything to check it but the key to trust.
    /// - Throws: ``ProofRefusal``.
    public func proof(
        of attribute: String, of entity: EntityID, observedAt: Timestamp?
    ) throws(ProofRefusal) -> NestedProof {
        guard let series = views.series.number(of: attribute, of: entity),
            let time = observedAt ?? views.twin.value(of: series)?.observedAt
        else { throw .noSuchReading("`\(entity)` has no attribute `\(attribute)`") }
        do throws(StorageError) {
            for sequence in try journal.candidates(observedAt: time) {
                guard let stored = try journal.batch(sequence) else { continue }
                let content = try BatchContent(decoding: stored.content)
                guard
                    let place = content.observations.firstIndex(where: { $0.series == series && $0.observedAt == time })
                else { continue }
                return try proof(of: content.events.count + place, in: content, stored)
            }
        } catch {
            throw .storeFailed(error.message)
        }
        throw .noSuchReading("`\(attribute)` of `\(entity)` was not observed at that time")
    }

    private func proof(
        of entry: Int, in content: BatchContent, _ stored: StoredBatch
    ) throws(StorageError) -> NestedProof {
        let leaves = try leafTexts(of: content, upTo: stored.sequence)
        guard let inBatch = MerkleTree.inclusionProof(of: entry, leafHashes: leaves.map { MerkleHash.leaf($0) }) else {
            throw StorageError(.damaged, "batch \(stored.sequence) has fewer entries than it says")
        }
        let checkpoint = ledger.checkpoint()
        let inLog = try ledger.inclusionProof(of: stored.sequence - 1, in: checkpoint.size)
        return NestedProof(
            reading: String(decoding: leaves[entry], as: UTF8.self),
            batch: NestedProof.Batch(text: String(decoding: stored.leafText, as: UTF8.self), proof: inBatch),
            log: NestedProof.Log(proof: inLog), checkpoint: checkpoint.note, verifierKey: ledger.verifierKey)
    }

    /// The texts of a batch's leaves, made again from its content and what its series meant at that batch.
    func leafTexts(of content: BatchContent, upTo sequence: UInt64) throws(StorageError) -> [[UInt8]] {
        let salts = BatchSalts(secret: content.salt, count: content.entryCount)
        var texts: [[UInt8]] = []
        var frames: [SeriesID: LeafFrame] = [:]
        for (index, event) in content.events.enumerated() {
            texts.append(LeafText.event(event, salt: salts[index]))
            if case .attributeDefined(let definition) = try EventCoding.decode(event) {
                frames[definition.series] = LeafFrame(definition)
            }
        }
        for (index, observation) in content.observations.enumerated() {
            let frame: LeafFrame
            if let known = frames[observation.series] {
                frame = known
            } else {
                frame = LeafFrame(try definition(of: observation.series, at: sequence))
                frames[observation.series] = frame
            }
            var text: [UInt8] = []
            frame.append(observation, salt: salts[content.events.count + index], to: &text)
            texts.append(text)
        }
        return texts
    }

    private func definition(of series: SeriesID, at sequence: UInt64) throws(StorageError) -> AttributeDefinition {
        guard let definition = try views.definition(of: series, at: sequence) ?? views.series.definition(of: series)
        else {
            throw StorageError(.damaged, "batch \(sequence) has observations of a series that no batch defines")
        }
        return definition
    }
}
