import Foundation
import Testing

@Suite("Tokens")
struct TokenTests {
    private struct Token: Decodable {
        var id: String
        var person: String?
        var service: String?
        var token: String?
    }

    @Test("a token is shown once, listed without its secret, and revoked")
    func lifecycle() throws {
        let city = try TestCity()
        let made = try city.run("token", "add", "--service", "flows", "--note", "line 4", "--days", "3", "--json")
        #expect(made.status == 0, "\(made)")
        let token = try JSONDecoder().decode(Token.self, from: Data(made.output.utf8))
        let text = try #require(token.token)
        #expect(text.hasPrefix("bst_\(token.id)_") && token.service == "flows" && token.person == nil)
        for arguments in [["token", "list"], ["token", "list", "--json"]] {
            let list = try Program.run(arguments + ["--city", city.path])
            #expect(list.output.contains(token.id) && list.output.contains("line 4"), "\(list)")
            #expect(!list.output.contains(text.suffix(64)))
        }
        let shown = try city.run("token", "add", "--service", "flows")
        #expect(shown.output.contains("bst_") && shown.output.contains("shown this once"), "\(shown)")
        let revoked = try city.run("token", "revoke", token.id)
        #expect(revoked.status == 0 && revoked.output.contains("`\(token.id)` revoked"), "\(revoked)")
        let again = try city.run("token", "revoke", token.id)
        #expect(again.status == 1 && again.complaint.contains("no token `\(token.id)`"), "\(again)")
        #expect(try !city.run("token", "list").output.contains(token.id))
    }

    @Test("what cannot be is refused, and nothing is made")
    func unfit() throws {
        let city = try TestCity()
        let cases: [(arguments: [String], status: Int32, words: String)] = [
            (["--person", "nobody"], 1, "no account `nobody`"), (["--service", "a/b"], 1, "cannot be a name"),
            (["--service", "a", "--days", "398"], 1, "1 to 397"), ([], 64, "--person"),
            (["--person", "a", "--service", "b"], 64, "either"),
        ]
        for (arguments, status, words) in cases {
            let outcome = try Program.run(["token", "add"] + arguments + ["--city", city.path])
            #expect(outcome.status == status && outcome.complaint.contains(words), "\(arguments): \(outcome)")
        }
        #expect(try !city.run("token", "list").output.contains("service"))
    }
}
