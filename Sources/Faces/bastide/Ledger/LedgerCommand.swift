import ArgumentParser
import CityModel
import CityStorage
import Foundation
import JSONBytes
import TransparencyLog

/// `bastide ledger`: what the city can prove.
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Show the ledger, prove a reading, verify a proof.",
        discussion: """
            EXAMPLES:
              bastide ledger show --city rivertown
              bastide ledger verify proof.json --key-file ledger.pub
            """,
        subcommands: [Show.self, Prove.self, Consistency.self, LedgerVerifyCommand.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the ledger's newest checkpoint and its key.",
            discussion: """
                EXAMPLES:
                  bastide ledger show --city rivertown
                  bastide ledger show --only checkpoint > checkpoint.txt
                  bastide ledger show --only key > ledger.pub
                """)

        enum Part: String, ExpressibleByArgument, CaseIterable, Sendable {
            case checkpoint, key
        }

        @Option(help: "Print this alone, as a file to keep: checkpoint or key.")
        var only: Part?

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let ledger = try await CityClients.with(try city.directory()) { try await $0.ledger() }
            if output.isJSON, let only {
                let value = only == .key ? ledger.verifierKey : ledger.checkpoint
                return try Console.say(json: [only.rawValue: value])
            }
            switch only {
            case .checkpoint: return FileHandle.standardOutput.write(Data(ledger.checkpoint.utf8))
            case .key: return Console.say(ledger.verifierKey)
            case nil: break
            }
            if output.isJSON { return try Console.say(json: ledger) }
            var facts = FactList()
            facts.add("ledger", ledger.origin)
            facts.add("batches", "\(ledger.size)")
            facts.add("root hash", ledger.rootHash)
            facts.add("key", ledger.verifierKey)
            Console.say("\(facts.text)\n\n\(ledger.checkpoint)")
        }
    }

    struct Prove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the proof that a reading is in the ledger.",
            discussion: """
                Whoever has the proof and the ledger's key can check it anywhere, without the city: \
                bastide ledger verify proof.json --key-file ledger.pub

                EXAMPLES:
                  bastide ledger prove --city rivertown \\
                    --entity urn:ngsi-ld:Device:gauge-7 --attribute value
                  bastide ledger prove --city rivertown --out proof.json \\
                    --entity urn:ngsi-ld:Device:gauge-7 --attribute value \\
                    --at 2026-01-31T12:00:00Z
                """)

        @Option(help: "The entity's id.")
        var entity: String

        @Option(help: "The attribute's name.")
        var attribute: String

        @Option(name: .customLong("at"), help: "When the reading was made (RFC 3339). Without it: the current one.")
        var time: TimeArgument?

        @Option(help: "The file to write. Without it: standard output.", completion: .file())
        var out: String?

        @OptionGroup var city: CityOption
        @OptionGroup var output: ProofOutputOption

        func run() async throws {
            let proof = try await CityClients.with(try city.directory()) { client in
                try await client.proof(of: attribute, of: entity, at: time?.timestamp)
            }
            try OutputFile.write(try JSONText.encode(proof) + "\n", to: out)
        }
    }

    struct Consistency: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the proof that the ledger has only grown since it had so many batches.",
            discussion: """
                EXAMPLE:
                  bastide ledger consistency --from 17 --city rivertown --out growth.json
                  bastide ledger verify new.txt --since old.txt \\
                    --consistency growth.json --key-file ledger.pub
                """)

        @Option(help: "The size of the older ledger, in batches.")
        var from: UInt64

        @Option(help: "The size of the newer ledger, in batches. Without it: the present one.")
        var to: UInt64?

        @Option(help: "The file to write. Without it: standard output.", completion: .file())
        var out: String?

        @OptionGroup var city: CityOption
        @OptionGroup var output: ProofOutputOption

        func run() async throws {
            let proof = try await CityClients.with(try city.directory()) {
                try await $0.consistency(from: from, to: to)
            }
            try OutputFile.write(try JSONText.encode(proof) + "\n", to: out)
        }
    }
}

/// `--json` where there is nothing else: a proof is JSON.
struct ProofOutputOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON, as it does anyway.")
    var isJSON = false
}

/// A time on the command line, RFC 3339.
struct TimeArgument: ExpressibleByArgument {
    let timestamp: Timestamp

    init?(argument: String) {
        guard let microseconds = try? RFC3339.microseconds(parsing: argument) else { return nil }
        timestamp = Timestamp(microseconds: microseconds)
    }
}

/// A result that goes to a file or to standard output.
enum OutputFile {
    static func write(_ text: String, to path: String?) throws {
        guard let path, path != "-" else { return FileHandle.standardOutput.write(Data(text.utf8)) }
        do {
            try DurableFile.write(text.utf8, to: CityOption.absolute(path), mode: 0o644)
        } catch {
            throw CommandFailure(.cannotCreate, error.message)
        }
    }
}
