import ArgumentParser
import Foundation
import TransparencyLog

/// `bastide ledger verify`: checks a proof without a city and without a network.
struct LedgerVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify a reading's proof, a checkpoint, or a ledger's growth, offline.",
        discussion: """
            Needs the file and the ledger's key, which must come from another source than the file. Prints every link \
            of the chain that was checked; exits with 2 when one does not hold, and says which.

            EXAMPLES:
              bastide ledger verify proof.json --key-file ledger.pub
              bastide ledger verify checkpoint.txt --key "$(cat ledger.pub)"
              bastide ledger verify new.txt --since old.txt \\
                --consistency growth.json --key-file ledger.pub
            """)

    /// Largest file that is read: a proof has some kilobytes.
    private static let fileBytes = 4 << 20

    @Argument(help: "A proof (JSON) or a checkpoint (signed note); - for standard input.", completion: .file())
    var file: String

    @Option(help: "The ledger's key: name+hash+base64.")
    var key: String?

    @Option(help: "A file with the ledger's key.", completion: .file())
    var keyFile: String?

    @Option(help: "An older checkpoint: verify that the ledger has only grown since.", completion: .file())
    var since: String?

    @Option(help: "The consistency proof between the two checkpoints (JSON).", completion: .file())
    var consistency: String?

    @OptionGroup var output: OutputOption

    func validate() throws {
        guard (key == nil) != (keyFile == nil) else {
            throw ValidationError("give the ledger's key, either with --key or with --key-file")
        }
        guard (since == nil) == (consistency == nil) else {
            throw ValidationError("--since and --consistency go together")
        }
    }

    func run() throws {
        let trusted = try trustedKey()
        let text = try LedgerVerifyCommand.text(of: file)
        var chain: ProofChain
        if let since, let consistency {
            chain = ProofChain.growth(
                from: try LedgerVerifyCommand.text(of: since), to: text,
                proof: try LedgerVerifyCommand.text(of: consistency), trusting: trusted)
        } else if text.first(where: { !$0.isWhitespace }) == "{" {
            chain = ProofChain.reading(text, trusting: trusted)
        } else {
            chain = ProofChain.checkpoint(text, trusting: trusted)
        }
        if output.isJSON { try Console.say(json: chain) } else { Console.say(chain.text) }
        guard chain.holds else {
            Console.complain("\(file) does not hold: \(chain.brokenLink ?? "it cannot be read")")
            throw ExitStatus.problemFound.code
        }
    }

    private func trustedKey() throws -> NoteVerifier {
        let text = try key ?? LedgerVerifyCommand.text(of: keyFile ?? "")
        do {
            return try NoteVerifier(text.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch {
            throw CommandFailure(.configuration, "the key cannot be used: \(error.message)")
        }
    }

    private static func text(of path: String) throws -> String {
        let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
        guard let handle, let data = try? handle.read(upToCount: fileBytes + 1) else {
            throw CommandFailure(.inputOutput, "\(path) cannot be read")
        }
        guard data.count <= fileBytes else {
            throw CommandFailure(.inputOutput, "\(path) has more than \(fileBytes) bytes: it is no proof")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandFailure(.inputOutput, "\(path) is not UTF-8 text")
        }
        return text
    }
}
