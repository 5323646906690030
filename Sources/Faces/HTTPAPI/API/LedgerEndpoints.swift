import CityContext
import CityModel
import CityPath
import CityStorage
import HTTPTypes
import Hummingbird
import JSONBytes
import TransparencyLog

/// The ledger and its proofs.
struct LedgerEndpoints: Sendable {
    static let batches = 20

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.api(.get, "/api/v1/ledger") { visit in
            _ = try visit.permit(.readLedger)
            return try await shared.pool.run { try ledger() }
        }
        endpoints.api(.get, "/api/v1/ledger/checkpoint") { visit in
            _ = try visit.permit(.readLedger)
            return .text(shared.city.ledger.checkpoint().note)
        }
        endpoints.api(.get, "/api/v1/ledger/key") { visit in
            _ = try visit.permit(.readLedger)
            return .text(shared.city.ledger.verifierKey + "\n")
        }
        endpoints.api(.get, "/api/v1/ledger/proof", parameters: ["entity", "attribute", "observedAt"]) { visit in
            try await shared.pool.run { try proof(visit) }
        }
        endpoints.api(.get, "/api/v1/ledger/consistency", parameters: ["from", "to"]) { visit in
            try await shared.pool.run { try consistency(visit) }
        }
    }

    private func ledger() throws -> Response {
        let ledger = shared.city.ledger
        let checkpoint = ledger.checkpoint()
        let batches = try shared.city.newestBatches(LedgerEndpoints.batches)
        return JSONWriter.answer { writer in
            writer.member("origin", ledger.origin)
            writer.member("size", checkpoint.size)
            writer.member("rootHash", checkpoint.rootHash.base64)
            writer.member("checkpoint", checkpoint.note)
            writer.member("verifierKey", ledger.verifierKey)
            writer.list("batches", batches) { batch, writer in
                writer.object {
                    $0.member("sequence", batch.sequence)
                    $0.member("committedAt", batch.committedAt)
                    $0.member("entries", batch.entryCount)
                    $0.member("readingsRoot", batch.readingsRoot)
                }
            }
        }
    }

    /// A proof holds the reading itself: what may not be read may not be proved either.
    private func proof(_ visit: Visit) throws -> Response {
        _ = try visit.permit(.readLedger)
        let permit = try visit.permit(.readEntities)
        let parameters = visit.parameters
        guard let entity = parameters.text("entity"), let attribute = parameters.text("attribute") else {
            throw Problem(.badRequest, "`entity` and `attribute` are needed")
        }
        let observedAt = try parameters.moment("observedAt")
        let series = shared.city.views.series.number(of: attribute, of: EntityID(entity))
        guard let definition = series.flatMap({ shared.city.views.series.definition(of: $0) }) else {
            throw Problem(.notFound, "`\(entity.prefix(200))` has no attribute `\(attribute.prefix(200))`")
        }
        try permit.check(definition)
        do throws(ProofRefusal) {
            let proof = try shared.city.proof(of: attribute, of: EntityID(entity), observedAt: observedAt)
            visit.note(.readEntities, of: entity, dataClass: definition.label.dataClass)
            return answer(proof)
        } catch {
            switch error {
            case .noSuchReading(let what): throw Problem(.notFound, what)
            case .storeFailed(let what): throw StorageError(.inputOutput, what)
            }
        }
    }

    private func answer(_ proof: NestedProof) -> Response {
        var response = JSONWriter.answer { writer in
            writer.member("reading", proof.reading)
            writer.key("batch")
            writer.object {
                $0.member("text", proof.batch.text)
                $0.member("readingIndex", proof.batch.readingIndex)
                $0.member("readingCount", proof.batch.readingCount)
                $0.member("readingProof", proof.batch.readingProof.map(\.base64))
            }
            writer.key("log")
            writer.object {
                $0.member("leafIndex", proof.log.leafIndex)
                $0.member("treeSize", proof.log.treeSize)
                $0.member("proof", proof.log.proof.map(\.base64))
            }
            writer.member("checkpoint", proof.checkpoint)
            writer.member("verifierKey", proof.verifierKey)
        }
        response.headers[.contentDisposition] = "inline; filename=\"proof.json\""
        return response
    }

    private func consistency(_ visit: Visit) throws -> Response {
        _ = try visit.permit(.readLedger)
        let parameters = visit.parameters
        let ledger = shared.city.ledger
        let size = Int(clamping: ledger.size)
        guard size > 0 else { throw Problem(.notFound, "the ledger is empty") }
        guard parameters["from"] != nil else { throw Problem(.badRequest, "`from` is missing") }
        let to = try parameters.integer("to", in: 1...size, default: size)
        let from = try parameters.integer("from", in: 1...to, default: to)
        let proof = try ledger.consistencyProof(from: UInt64(from), to: UInt64(to))
        let (fromRoot, toRoot) = (try ledger.rootHash(size: UInt64(from)), try ledger.rootHash(size: UInt64(to)))
        return JSONWriter.answer {
            $0.member("from", from)
            $0.member("to", to)
            $0.member("fromRoot", fromRoot.base64)
            $0.member("toRoot", toRoot.base64)
            $0.member("proof", proof.hashes.map(\.base64))
        }
    }
}
