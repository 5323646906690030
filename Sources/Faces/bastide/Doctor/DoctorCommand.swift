import ArgumentParser
import CityModel
import CityPath
import CityStorage
import Foundation
import TransparencyLog

/// `bastide doctor`: is all in order, and if not, what to do.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check a city's configuration, keys, permissions, clock, disk and stores.",
        discussion: """
            Reads every batch of the journal and holds it against the ledger; writes nothing. May run while the city \
            is served. Exits with 2 when something is wrong, and says for each what to do.

            With --salvage, saves every batch that can be verified from a damaged journal into a new city directory \
            with the same keys, and says what is lost.

            EXAMPLES:
              bastide doctor rivertown
              bastide doctor rivertown --json | jq .problems
              bastide doctor rivertown --salvage rivertown-saved
            """)

    @Argument(help: "The city's directory; otherwise found as by other commands.", completion: .directory)
    var directory: String?

    @Option(help: "Save what is whole into this new directory.", completion: .directory)
    var salvage: String?

    @OptionGroup var city: CityOption
    @OptionGroup var output: OutputOption

    func validate() throws {
        if directory != nil, city.path != nil { throw ValidationError("name the city once: DIR or --city DIR") }
    }

    func run() throws {
        let place = try directory.map(DoctorCommand.place) ?? city.directory()
        if let salvage {
            let run = SalvageRun(damaged: place, target: CityDirectory(CityOption.absolute(salvage)))
            let report = try run.salvage(progress: DoctorCommand.show)
            Console.progress("")
            return output.isJSON ? try Console.say(json: report) : Console.say(report.text)
        }
        let checkup = DoctorCommand.check(place, now: CityClock.system.now)
        Console.progress("")
        if output.isJSON { try Console.say(json: checkup) } else { Console.say(checkup.text) }
        if checkup.problems > 0 { throw ExitStatus.problemFound.code }
    }

    /// Any directory with something of a city in it: the doctor is called when files are missing.
    private static func place(_ path: String) throws -> CityDirectory {
        let directory = CityDirectory(CityOption.absolute(path))
        let isSomething = [directory.configuration, directory.data, directory.pki].contains {
            FileManager.default.fileExists(atPath: $0)
        }
        guard isSomething else {
            throw CommandFailure(.unavailable, "there is no city in \(path): make one with `bastide init \(path)`")
        }
        return directory
    }

    private static func check(_ directory: CityDirectory, now: Timestamp) -> Checkup {
        var checkup = Checkup(directory)
        checkup.checkServing(directory)
        let configuration = checkup.checkConfiguration(directory)
        checkup.checkCatalogue(directory)
        if let configuration { checkup.checkPayloads(directory, configuration) }
        if let store = checkup.checkAuthority(directory, domain: configuration?.domain, now: now.date) {
            checkup.checkServerCertificate(store, configuration, now: now.date)
        }
        let verifier = checkup.checkLedgerKey(directory, origin: configuration?.ledgerOrigin)
        checkup.checkPermissions(directory)
        checkup.checkRoom(directory)
        if let configuration {
            checkup.checkDescriptors(configuration)
            checkup.checkBridges(configuration)
        }
        checkup.checkStorage(directory, verifier, now: now, progress: show)
        return checkup
    }

    private static func show(_ done: UInt64, of all: UInt64) {
        Console.progress("checking batches: \(done) of \(all)")
    }
}
