import CityModel
import CityPath
import CityStorage
import Foundation
import TransparencyLog

// The journal, its ledger, and the views against it.

extension Checkup {
    private static let salvageAdvice =
        "restore from a backup; or save what is whole: bastide doctor DIR --salvage NEWDIR"

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
        guard let verifier else { return }
        do {
            let inspection = try JournalInspection(
                of: reader, views: views, origin: verifier.name, verifier: verifier, progress: progress)
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
        let remake = "remove data/views.sqlite while the city is stopped: it is made again from the journal"
        do {
            let reader = try ViewReader(path: directory.views)
            let problems = reader.integrityProblems()
            if problems.isEmpty {
                fine("views file", "\(ByteCount.text(fileSize(directory.views))), every page is whole")
            } else {
                problem("views file", problems.prefix(3).joined(separator: "\n"), remake)
            }
            return reader
        } catch {
            problem("views file", error.message, remake)
            return nil
        }
    }

    private mutating func checkViews(_ views: ViewReader, _ inspection: JournalInspection) {
        let remake = "remove data/views.sqlite while the city is stopped: it is made again from the journal"
        guard inspection.viewsApplied <= inspection.newest else {
            return problem(
                "views", "they go up to batch \(inspection.viewsApplied), the journal only to \(inspection.newest)",
                remake)
        }
        let saved = Dictionary(views.devices().map { ($0.id, $0) }) { $1 }
        let different = Set(saved.keys).union(inspection.devices.keys).filter { saved[$0] != inspection.devices[$0] }
        guard different.isEmpty || inspection.damagedBatches > 0 else {
            let named = different.sorted().prefix(5).map(\.text).joined(separator: ", ")
            return problem("views", "they differ from the journal in \(different.count) devices: \(named)", remake)
        }
        let behind = inspection.newest - inspection.viewsApplied
        fine(
            "views",
            behind == 0 ? "up to date with the journal" : "\(behind) batches behind, replayed at the next start")
    }
}
