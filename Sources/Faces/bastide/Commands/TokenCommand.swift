import ArgumentParser
import CityIdentity
import CityModel
import CityPath
import Foundation

/// `bastide token`: what people and services sign in with over MQTT when they have no certificate.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Manage the tokens that people and services sign in with over MQTT.",
        discussion: """
            A client without a certificate gives the owner's name as its user name and the token as its password. \
            Certificates are better where a client can keep a key.

            EXAMPLES:
              bastide token add --person ada --note "laptop" --city rivertown
              bastide token list --city rivertown
            """,
        subcommands: [List.self, Add.self, Revoke.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all tokens, the newest first. No secret is shown.",
            discussion: """
                EXAMPLE:
                  bastide token list --city rivertown
                """)

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let tokens = try await CityClients.with(try city.directory()) { try await $0.tokens() }
            if output.isJSON { return try Console.say(json: tokens) }
            let now = Timestamp(Date()).text
            var table = TextTable("ID", "KIND", "NAME", "EXPIRES", "MADE BY", "NOTE")
            for token in tokens {
                let end = token.expiresAt + (token.expiresAt <= now ? " (over)" : "")
                table.add(token.id, token.kind, token.owner, end, token.createdBy, token.note)
            }
            Console.say(table.text)
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token for a person with an account, or for a service.",
            discussion: """
                The token is shown once; the city keeps only a hash of it. A person's token may do what the account \
                may. A service's may publish and subscribe on applications' topics, outside of the city's own, and \
                nothing else.

                EXAMPLES:
                  bastide token add --person ada --note "laptop" --city rivertown
                  bastide token add --service node-red --days 30 --city rivertown
                """)

        @Option(help: "Whose account it stands for.")
        var person: String?

        @Option(help: "The service it stands for: letters, digits, `.`, `_`, `-`.")
        var service: String?

        @Option(help: "What it is for, in your words.")
        var note = ""

        @Option(help: "How many days the token is good for: 1 to 397.")
        var days = Tokens.usualDays

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func validate() throws {
            guard (person == nil) != (service == nil) else {
                throw ValidationError("give either --person NAME or --service NAME: whom the token stands for")
            }
        }

        func run() async throws {
            let owner =
                person.map { TokenOwner(kind: .person, name: $0) } ?? TokenOwner(kind: .service, name: service ?? "")
            let token = try await CityClients.with(try city.directory()) { client in
                try await client.addToken(to: owner, note: note, validityDays: days)
            }
            if output.isJSON { return try Console.say(json: token) }
            var facts = FactList()
            facts.add("id", token.id)
            facts.add("user name", token.owner)
            facts.add("token", token.token)
            facts.add("expires", token.expiresAt)
            Console.say("token made\n\n\(facts.text)\n\nThe token is shown this once and kept nowhere.")
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a token: connections that it opened are closed.",
            discussion: """
                EXAMPLE:
                  bastide token revoke 4f1c09ab77de --city rivertown
                """)

        @Argument(help: "The token's id, as `bastide token list` shows it.")
        var id: String

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            try await CityClients.with(try city.directory()) { try await $0.revokeToken(id) }
            if output.isJSON { return try Console.say(json: ["id": id]) }
            Console.say("token `\(id)` revoked")
        }
    }
}
