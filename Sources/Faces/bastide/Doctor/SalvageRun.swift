import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Logging
import TransparencyLog

/// Makes a new city directory out of a damaged one: the same configuration and keys, and of the journal what is whole.
struct SalvageRun {
    /// What is taken over as it is, where it is there.
    private static let copied = [
        "city.yaml", "catalogue.yaml", "payloads.yaml", "geometry.json", DemoFounding.seedName, "pki", "ledger",
        "devices", "operators",
    ]

    let damaged: CityDirectory
    let target: CityDirectory

    /// What was saved and what is lost.
    struct Report: Encodable {
        /// A batch that is lost, or of which only the leaf is left.
        struct Loss: Encodable {
            var batch: UInt64
            var why: String
        }

        var directory: String
        var batchesKept: Int
        var readingsKept: Int
        var lost: [Loss]
        var renumbered: [UInt64]
        var hasGaps: Bool
        var ledgerIntactUpTo: UInt64
        var voidCheckpoints: Int
        var definitionsRecovered: Int
        var seriesLost: Int
        var devicesRecovered: Int
        var devices: Int
        var entities: Int
    }

    /// Salvages, then opens the new city once to see that it can be.
    ///
    /// - Parameter progress: Called now and then with the number of batches read, and of all.
    /// - Returns: What was saved and what is lost.
    /// - Throws: ``CommandFailure`` when the target is not empty; `StorageError` when there is nothing to save.
    func salvage(progress: (UInt64, UInt64) -> Void) throws -> Report {
        let lock = try CityLock(damaged)
        defer { withExtendedLifetime(lock) {} }
        let manager = FileManager.default
        let contents = (try? manager.contentsOfDirectory(atPath: target.path)) ?? []
        guard contents.isEmpty, !target.path.hasPrefix(damaged.path + "/"), target != damaged else {
            throw CommandFailure(
                .cannotCreate, "\(target.path) is not an empty directory of its own: nothing was changed")
        }
        let configuration = try CityConfiguration.read(damaged).configuration
        let signer = try CityAccess.signer(of: damaged, origin: configuration.ledgerOrigin)
        let reader = try JournalReader(path: damaged.journal)
        _ = try reader.newestSequence()
        do {
            return try fill(configuration, signer, reader, progress)
        } catch {
            for name in (try? manager.contentsOfDirectory(atPath: target.path)) ?? [] {
                try? manager.removeItem(atPath: "\(target.path)/\(name)")
            }
            throw error
        }
    }

    private func fill(
        _ configuration: CityConfiguration, _ signer: NoteSigner, _ reader: JournalReader,
        _ progress: (UInt64, UInt64) -> Void
    ) throws -> Report {
        try copyFiles()
        try OwnersFiles.making { try City.found(target, origin: configuration.ledgerOrigin) }
        let salvage = try Salvage(
            from: reader, views: try? ViewReader(path: damaged.views),
            checkpoint: try Ledger.checkpoint(in: damaged.ledgerCheckpoint),
            into: try SQLiteJournal(existing: target.journal),
            origin: configuration.ledgerOrigin, signer: signer, progress: progress)
        let city = try CityAccess.open(target, configuration, logger: .program()).city
        defer { city.close() }
        return Report(
            directory: target.path, batchesKept: salvage.kept, readingsKept: salvage.observations,
            lost: salvage.lost.map { Report.Loss(batch: $0.batch, why: $0.what) }, renumbered: salvage.renumbered,
            hasGaps: salvage.hasGaps, ledgerIntactUpTo: salvage.ledgerIntactUpTo,
            voidCheckpoints: salvage.voidCheckpoints,
            definitionsRecovered: salvage.definitionsRecovered, seriesLost: salvage.seriesLost,
            devicesRecovered: salvage.devicesRecovered, devices: city.views.registry.count,
            entities: city.views.twin.count)
    }

    private func copyFiles() throws {
        try DurableFile.makeFolder(target.path, mode: 0o700)
        let manager = FileManager.default
        for name in SalvageRun.copied {
            let source = "\(damaged.path)/\(name)"
            guard manager.fileExists(atPath: source) else { continue }
            try manager.copyItem(atPath: source, toPath: "\(target.path)/\(name)")
        }
        // The new city's is over what is left, and is signed when it is opened.
        if manager.fileExists(atPath: target.ledgerCheckpoint) {
            try manager.removeItem(atPath: target.ledgerCheckpoint)
        }
        for folder in [target.data, (target.socket as NSString).deletingLastPathComponent] {
            try DurableFile.makeFolder(folder, mode: 0o700)
        }
    }
}

extension SalvageRun.Report {
    private static let shown = 20

    var text: String {
        var lines = [
            "Saved to \(directory): \(batchesKept) batches as they were, \(readingsKept) readings in all, "
                + "\(devices) devices, \(entities) entities."
        ]
        if lost.isEmpty { lines.append("Nothing is lost.") }
        if !lost.isEmpty {
            lines.append("\nLost: the content of \(lost.count == 1 ? "1 batch" : "\(lost.count) batches")")
            lines += lost.prefix(Self.shown).map { "  batch \($0.batch): \($0.why)" }
            if lost.count > Self.shown { lines.append("  and \(lost.count - Self.shown) more (see --json)") }
        }
        if hasGaps { lines.append("Proofs whose way to the root needs a lost batch's leaf cannot be made any more.") }
        if definitionsRecovered > 0 {
            lines.append("The meaning of \(definitionsRecovered) series was taken from the views.")
        }
        if devicesRecovered > 0 { lines.append("Device records taken from the views: \(devicesRecovered).") }
        if seriesLost > 0 { lines.append("Of \(seriesLost) series nothing is known any more.") }
        if !renumbered.isEmpty {
            lines.append(
                "\(renumbered.count) batches were committed anew under new numbers: the ledger before them ends at "
                    + "batch \(ledgerIntactUpTo). Proofs given away for them hold no more.")
        }
        if voidCheckpoints > 0 {
            lines.append(
                "\(voidCheckpoints) signed checkpoints reach beyond what is left: tell everyone who keeps checkpoints "
                    + "of this ledger that it was salvaged at batch \(ledgerIntactUpTo).")
        }
        lines.append("\nLook: bastide doctor \(directory)\nServe: bastide serve \(directory)")
        return lines.joined(separator: "\n")
    }
}
