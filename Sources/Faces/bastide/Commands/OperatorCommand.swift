import ArgumentParser
import CityIdentity
import CityModel
import CityStorage
import Foundation

/// `bastide operator`: the people who may sign in.
struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator",
        abstract: "Manage the people who may sign in.",
        discussion: """
            EXAMPLES:
              bastide operator list --city rivertown
              bastide operator add ada --city rivertown
            """,
        subcommands: [List.self, Add.self, Password.self, Certificate.self, Remove.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List everyone who may sign in.",
            discussion: """
                EXAMPLE:
                  bastide operator list --city rivertown
                """)

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let people = try await CityClients.with(try city.directory()) { try await $0.operators() }
            if output.isJSON { return try Console.say(json: people) }
            var table = TextTable("NAME", "ROLE")
            for person in people { table.add(person.name, person.role) }
            Console.say(table.text)
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an account.",
            discussion: """
                The city makes the password and shows it once, unless --password-stdin gives one.

                EXAMPLES:
                  bastide operator add ada --city rivertown
                  bastide operator add grace --role auditor --password-stdin < password.txt
                """)

        @Argument(help: "The name to sign in with: letters, digits, `.`, `_`, `-`.")
        var name: String

        @Option(help: "operator (reads and runs the city) or auditor (reads the ledger and the records).")
        var role = PersonRole.operator

        @OptionGroup var password: PasswordOption
        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let chosen = try password.read()
            let account = try await CityClients.with(try city.directory()) { client in
                guard try await !client.operators().contains(where: { $0.name == name }) else {
                    throw CommandFailure(
                        .failed,
                        "there is an account `\(name)` already: `bastide operator password \(name)` gives it a new "
                            + "password"
                    )
                }
                return try await client.setOperator(name, role: role, password: chosen)
            }
            try OperatorCommand.show(account, "account created", output)
        }
    }

    struct Password: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give an account a new password.",
            discussion: """
                EXAMPLES:
                  bastide operator password ada --city rivertown
                  bastide operator password ada --password-stdin < password.txt
                """)

        @Argument(help: "The account's name.")
        var name: String

        @OptionGroup var password: PasswordOption
        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let chosen = try password.read()
            let account = try await CityClients.with(try city.directory()) { client in
                let role = try await client.operators().first { $0.name == name }.flatMap {
                    PersonRole(rawValue: $0.role)
                }
                guard let role else {
                    throw CommandFailure(
                        .failed, "there is no account `\(name)`: create it with `bastide operator add \(name)`")
                }
                return try await client.setOperator(name, role: role, password: chosen)
            }
            try OperatorCommand.show(account, "password changed", output)
        }
    }

    struct Certificate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issue a client certificate to somebody with an account.",
            discussion: """
                Writes operator.key (readable by its owner alone), operator.crt and ca.crt. With them programs act as \
                this operator: curl --cacert ca.crt --cert operator.crt --key operator.key https://…/api/v1/status

                A certificate that was issued to this account before ends at that moment.

                EXAMPLE:
                  bastide operator certificate ada --city rivertown --out ada
                """)

        @Argument(help: "The account's name.")
        var name: String

        @Option(help: "For whom the operator works.")
        var agency = "city"

        @Option(help: "How many days the certificate is good for: 1 to 397.")
        var days = 90

        @Option(
            help: "The folder to write to. Without it: operators/NAME in the city's directory.", completion: .directory)
        var out: String?

        @Flag(help: "Overwrite a key and certificate that are there.")
        var replace = false

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let directory = try city.directory()
            let folder = CredentialFolder(
                path: out.map(CityOption.absolute) ?? "\(directory.path)/operators/\(name)", stem: "operator")
            guard DeviceID.isPlainName(name) else { throw AccountError.nameUnfit(name) }
            let issued = try await folder.prepared(replacing: replace) {
                try await CityClients.with(directory) { client in
                    try await client.operatorCertificate(name, agency: agency, validityDays: days)
                }
            }
            try folder.write(key: issued.keyPEM, certificate: issued.certificatePEM, authority: issued.authorityPEM)
            if output.isJSON { return try Console.say(json: folder.files) }
            Console.say("certificate issued to \(name)\n\n\(folder.listing)")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove an account: its sessions, connections and certificate end with it.",
            discussion: """
                What the person did stays on record. An account of the same name that is made later needs a certificate \
                of its own.

                EXAMPLE:
                  bastide operator remove ada --city rivertown
                """)

        @Argument(help: "The account's name.")
        var name: String

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            try await CityClients.with(try city.directory()) { try await $0.removeOperator(name) }
            if output.isJSON { return try Console.say(json: ["name": name]) }
            Console.say("account `\(name)` removed")
        }
    }

    private static func show(_ account: OperatorView, _ what: String, _ output: OutputOption) throws {
        if output.isJSON { return try Console.say(json: account) }
        var facts = FactList()
        facts.add("name", account.name)
        facts.add("role", account.role)
        facts.add("password", account.password)
        Console.say("\(what)\n\n\(facts.text)")
        if account.password != nil { Console.say("\nThe password is shown this once and kept nowhere.") }
    }
}

/// Where a password comes from: never from an argument, which every process on the machine can read.
struct PasswordOption: ParsableArguments {
    @Flag(name: .customLong("password-stdin"), help: "Read the password from standard input, one line.")
    var isFromInput = false

    /// - Returns: nil when the city is to make one.
    func read() throws -> String? {
        guard isFromInput else { return nil }
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw CommandFailure(.failed, "standard input has no password on its first line")
        }
        return line
    }
}
