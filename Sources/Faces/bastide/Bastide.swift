/// The command-line program, and the composition root: the only place where concrete parts are chosen and wired.
///
/// - Takes: arguments, the environment (`BASTIDE_…`), a city's directory.
/// - Gives: tables for people, JSON with `--json`, exit codes for scripts (``ExitStatus``).
/// - Owns: `city.yaml` and how it is read (``CityConfiguration``); the files handed to devices.
/// - Relies on: every floor below; swift-argument-parser for arguments, help and shell completions.
import ArgumentParser

/// `bastide` itself: what it is and which commands it has.
struct Bastide: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bastide",
        abstract: "The secure operating platform of a city, in one program.",
        discussion: """
            A city lives in one directory: its configuration (city.yaml), keys, journal \
            and views. Make one, serve it, enrol a device, and check a reading's proof \
            on another machine:

              bastide init rivertown --city Rivertown --domain rivertown.example
              bastide serve rivertown
              bastide device add gauge-7 --city rivertown
              bastide ledger prove --city rivertown --out proof.json \\
                --entity urn:ngsi-ld:Device:gauge-7 --attribute value
              bastide ledger verify proof.json --key-file ledger.pub

            Or look around first: bastide demo

            Commands find their city by --city DIR, else by BASTIDE_CITY, else in the \
            current directory. They speak with the running city where there is one, and \
            open it themselves where there is none. What prints data prints JSON with \
            --json. `bastide settings` lists every setting.

            Shell completions, for bash, zsh and fish:

              bastide --generate-completion-script bash > ~/.bastide-completion

            EXIT CODES:
              0   done, or in order
              1   failed or refused; standard error says why and what to do
              2   doctor or ledger verify found a problem
              64  wrong usage
              69  unavailable: no city here, or another program holds it
              73  a file or directory cannot be made
              74  a file cannot be read or written, or is damaged
              78  city.yaml or another file of the city is wrong; the message names
                  file, line and what was expected
            """,
        version: "0.1.0",
        subcommands: [
            InitCommand.self, ServeCommand.self, DemoCommand.self, StatusCommand.self, DeviceCommand.self,
            OperatorCommand.self, TokenCommand.self, AlertCommand.self, RefusalCommand.self, EntityCommand.self,
            MQTTCommand.self, LedgerCommand.self, DetectCommand.self, ReplayCommand.self, PayloadCommand.self,
            DoctorCommand.self,
            SettingsCommand.self, BenchCommand.self,
        ])
}

/// Where the program begins: parses, runs, and turns every error into one line and one of the exit codes above.
@main
enum Program {
    static func main() async {
        do {
            var command = try await Bastide.asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = CommandFailure(error) else { Bastide.exit(withError: error) }
            Console.complain(failure.message)
            Bastide.exit(withError: failure.status.code)
        }
    }
}
