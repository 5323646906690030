import CityModel
import CityPath
import CityStorage
import Foundation
import TransparencyLog

// The journal, its ledger, and the views against it.

extension Checkup {
    private static let salvageAdvice =
        "restore from a backup; or save what is whole: bastide doctor DIR --salvage NEWDIR"
    /// Only where nothing is wrong with the journal: for what it has lost, the views are evidence.
    private static let remakeAdvice =
        "move data/views.sqlite away while the city is stopped: the next start makes it again from the journal"

    mutating func checkStorage(
        _ directory: CityDirectory, _ verifier: NoteVerifier?, now: Timestamp, progress: (UInt64, UInt64) -> Void
    ) {
        let views = openViews(directory)
        let reader: JournalReader
        do {
            reader = try JournalReader(path: directory.journal)
        } catch {
            return problem("journal", error.message, Checkup.salvageAdvice)
        }
        let problems = reader.integrityProblems()
        if problems.isEmpty {
            fine("journal file", "\(ByteCount.text(fileSize(directory.journal))), every page is whole")
        } else {
            let shown = problems.joined(separator: "\n").split(separator: "\n").prefix(5).joined(separator: "\n")
            problem("journal file", shown, Checkup.salvageAdvice)
        }
        guard let verifier else {
            notice(
                "batches", "not checked, nor the checkpoints, nor the views against them: there is no key for it",
                "restore ledger/ledger.pub, which everyone who checks proofs has, and check again")
            checkClock(now: now, newestCommit: nil)
            if let views { checkDevices(views.devices(), now: now) }
            return
        }
        do {
            let inspection = try JournalInspection(
                of: reader, views: views, checkpoint: try Ledger.checkpoint(in: directory.ledgerCheckpoint),
                origin: verifier.name, verifier: verifier, progress: progress)
            report(inspection)
            checkClock(now: now, newestCommit: inspection.newestCommittedAt)
            if let views { checkViews(views, inspection) }
        } catch {
            problem("journal", error.message, Checkup.salvageAdvice)
            checkClock(now: now, newestCommit: nil)
        }
        if let views { checkDevices(views.devices(), now: now) }
    }

    private mutating func report(_ inspection: JournalInspection) {
        if inspection.damagedBatches == 0 {
            let lost = inspection.knownLosses == 0 ? "" : "; \(inspection.knownLosses) were lost before a salvage"
            fine(
                "batches",
                "\(inspection.wholeBatches) are what was committed, with \(inspection.observations) readings\(lost)")
        } else {
            let shown = inspection.damage.prefix(5).map { "batch \($0.batch): \($0.what)" }.joined(separator: "\n")
            let more = inspection.damagedBatches > 5 ? "\nand \(inspection.damagedBatches - 5) more" : ""
            problem(
                "batches", "\(inspection.damagedBatches) of \(inspection.newest) are damaged\n\(shown)\(more)",
                Checkup.salvageAdvice)
        }
        if inspection.checkpointProblems.isEmpty {
            fine("ledger", "\(inspection.newest) batches; \(inspection.checkpointsHeld) signed checkpoints hold")
        } else {
            let shown = inspection.checkpointProblems.prefix(5).map { "checkpoint over \($0.size): \($0.what)" }
            problem("ledger", shown.joined(separator: "\n"), Checkup.salvageAdvice)
        }
    }

    private mutating func openViews(_ directory: CityDirectory) -> ViewReader? {
        guard FileManager.default.fileExists(atPath: directory.views) else {
            notice("views file", "there are no views yet", "nothing: they are made from the journal at the next start")
            return nil
        }
        do {
            let reader = try ViewReader(path: directory.views)
            let problems = reader.integrityProblems()
            if ViewStore.isToBeMadeAgain(directory.views) {
                problem(
                    "views file", "they were found to be damaged",
                    "start the city again: they are put aside, and made again from the journal")
            } else if problems.isEmpty {
                fine("views file", "\(ByteCount.text(fileSize(directory.views))), every page is whole")
            } else {
                problem("views file", problems.prefix(3).joined(separator: "\n"), Checkup.remakeAdvice)
            }
            return reader
        } catch {
            problem("views file", error.message, Checkup.remakeAdvice)
            return nil
        }
    }

    private mutating func checkViews(_ views: ViewReader, _ inspection: JournalInspection) {
        do {
            _ = try views.appliedSequence()
        } catch {
            return problem("views", error.message, Checkup.remakeAdvice)
        }
        // A batch is synced before it is in any view: these were in the journal.
        guard inspection.viewsApplied <= inspection.newest else {
            return problem(
                "journal",
                "it ends at batch \(inspection.newest), but the views were made of \(inspection.viewsApplied): "
                    + "the newest batches are missing", "keep the views, they are evidence; \(Checkup.salvageAdvice)")
        }
        guard let saved = inspection.savedDevices else {
            return notice(
                "views", "they changed faster than they could be read, and were not held against the journal",
                "check again when less happens")
        }
        let different = Set(saved.keys).union(inspection.devices.keys).filter { saved[$0] != inspection.devices[$0] }
        guard different.isEmpty || inspection.damagedBatches > 0 else {
            let named = different.sorted().prefix(5).map(\.text).joined(separator: ", ")
            return problem(
                "views", "they differ from the journal in \(different.count) devices: \(named)", Checkup.remakeAdvice)
        }
        let behind = inspection.newest - inspection.viewsApplied
        fine(
            "views",
            behind == 0 ? "up to date with the journal" : "\(behind) batches behind, replayed at the next start")
    }
}
