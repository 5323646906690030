import Foundation
import Testing

@Suite("help and usage")
struct HelpTests {
    /// What `--experimental-dump-help` says of a command.
    private struct Command: Decodable {
        var commandName: String
        var subcommands: [Command]?

        /// The words that lead to it and to each below it.
        func paths(below parent: [String] = []) -> [[String]] {
            (subcommands ?? []).filter { $0.commandName != "help" }.flatMap { command in
                [parent + [command.commandName]] + command.paths(below: parent + [command.commandName])
            }
        }
    }

    private struct ToolInformation: Decodable {
        var command: Command
    }

    @Test("every command's help has an example of it")
    func examples() throws {
        let dump = try Program.run("--experimental-dump-help")
        let all = try JSONDecoder().decode(ToolInformation.self, from: Data(dump.output.utf8)).command.paths()
        for known in [["serve"], ["device"], ["device", "add"], ["refusal", "list"]] {
            #expect(all.contains(known), "\(known) is not among the commands")
        }
        for command in all {
            let outcome = try Program.run(command + ["--help"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("EXAMPLE"), "\(command): \(outcome)")
            #expect(outcome.output.contains("bastide \(command.joined(separator: " "))"), "\(command): \(outcome)")
        }
    }

    @Test("the exit codes and the completions are in the help")
    func rootHelp() throws {
        let outcome = try Program.run("--help")
        for code in ["0 ", "1 ", "2 ", "64", "69", "73", "74", "78"] {
            #expect(outcome.output.contains("\n  \(code)  "), "\(code)")
        }
        #expect(outcome.output.contains("--generate-completion-script"))
    }

    @Test("completions are made for each shell", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let outcome = try Program.run("--generate-completion-script", shell)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("bastide"))
    }

    @Test(
        "wrong usage is told as such",
        arguments: [
            ["bogus"], ["device", "add"], ["device", "list", "--status", "asleep"], ["ledger", "prove"], ["detect"],
        ])
    func usage(arguments: [String]) throws {
        #expect(try Program.run(arguments).status == 64)
    }
}
