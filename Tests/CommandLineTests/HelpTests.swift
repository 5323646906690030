import Foundation
import Testing

@Suite("help and usage")
struct HelpTests {
    private static let commands: [[String]] = [
        ["init"], ["status"], ["device", "add"], ["device", "list"], ["device", "show"], ["device", "suspend"],
        ["device", "resume"], ["device", "revoke"], ["operator", "add"], ["operator", "list"],
        ["operator", "password"],
        ["operator", "certificate"], ["alert", "list"], ["alert", "acknowledge"], ["ledger", "show"],
        ["ledger", "prove"],
        ["ledger", "consistency"], ["ledger", "verify"], ["detect"], ["doctor"], ["settings"],
    ]

    @Test("every command's help has an example", arguments: commands)
    func examples(command: [String]) throws {
        let outcome = try Program.run(command + ["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("EXAMPLE"), "\(outcome)")
        #expect(outcome.output.contains("bastide \(command.joined(separator: " "))"), "\(outcome)")
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
