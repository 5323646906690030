import ArgumentParser

/// `bastide mqtt`: the broker's sessions.
struct MQTTCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mqtt",
        abstract: "Look at the MQTT sessions of a running city, and disconnect clients.",
        discussion: """
            EXAMPLES:
              bastide mqtt sessions --city rivertown
              bastide mqtt top --city rivertown
              bastide mqtt kick device/gauge-7 gauge-7 --city rivertown
            """,
        subcommands: [Sessions.self, Kick.self, MQTTTopCommand.self])

    struct Sessions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List sessions: who is connected or expected back, and what waits for them.",
            discussion: """
                EXAMPLES:
                  bastide mqtt sessions --connected --city rivertown
                  bastide mqtt sessions --owner device/gauge-7 --subscriptions --city rivertown
                """)

        @Option(help: "Only this principal's, such as device/gauge-7 or person/ada.")
        var owner: String?

        @Flag(inversion: .prefixedNo, help: "Only clients that are connected, or only those that are away.")
        var connected: Bool?

        @Flag(help: "Show each session's subscriptions below it.")
        var subscriptions = false

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            let sessions = try await CityClients.with(try city.directory()) {
                try await $0.mqttSessions(owner: owner, connected: connected)
            }
            if output.isJSON { return try Console.say(json: sessions) }
            guard !sessions.isEmpty else { return Console.say("there is no such session") }
            var table = TextTable(
                "OWNER", "CLIENT", "FROM", "MQTT", "SUBSCRIPTIONS", "WAITING", "IN FLIGHT", "PUBLISHED", "DELIVERED",
                "DROPPED", "HELD BACK")
            for session in sessions {
                let place = session.address ?? "away since \(session.disconnectedSince ?? "?")"
                table.add(
                    session.owner, session.clientIdentifier, place, session.version, "\(session.subscriptions.count)",
                    "\(session.waiting)", "\(session.inFlight)", "\(session.published)", "\(session.delivered)",
                    "\(session.dropped)", "\(session.heldBack)")
                guard subscriptions else { continue }
                for subscription in session.subscriptions {
                    table.add("", "  \(subscription.filter)", "QoS \(subscription.qos)")
                }
            }
            Console.say(table.text)
        }
    }

    struct Kick: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disconnect a client; it may come back.",
            discussion: """
                A client of MQTT 5 is told the reason 0x98 (Administrative action). To keep a device out, suspend it: \
                bastide device suspend. Who has disconnected whom is on record.

                EXAMPLES:
                  bastide mqtt kick device/gauge-7 gauge-7 --city rivertown
                  bastide mqtt kick person/ada laptop --end-session --city rivertown
                """)

        @Argument(help: "Whose client: a principal, as `bastide mqtt sessions` shows it.")
        var owner: String

        @Argument(help: "The client identifier.")
        var client: String

        @Flag(help: "End its session, too: subscriptions and waiting messages are gone.")
        var endSession = false

        @OptionGroup var city: CityOption
        @OptionGroup var output: OutputOption

        func run() async throws {
            try await CityClients.with(try city.directory()) {
                try await $0.disconnect(owner: owner, client: client, endsSession: endSession)
            }
            if output.isJSON { return try Console.say(json: ["owner": owner, "clientIdentifier": client]) }
            Console.say("`\(client)` of \(owner) \(endSession ? "disconnected, its session ended" : "disconnected")")
        }
    }
}
