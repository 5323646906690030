import ArgumentParser
import CityStorage
import Foundation

/// `bastide mqtt top`: who says and hears how much, now.
struct MQTTTopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show the busiest sessions, again every second, until Ctrl-C.",
        discussion: """
            Rates are messages a second between two looks. With --json there is one line for each look.

            EXAMPLES:
              bastide mqtt top --city rivertown
              bastide mqtt top --once --rows 5 --city rivertown
            """)

    @Option(help: ArgumentHelp("How many sessions to show.", valueName: "n"))
    var rows = 20

    @Option(help: ArgumentHelp("How long to wait between two looks.", valueName: "seconds"))
    var interval = 1

    @Flag(help: "End after the first table.")
    var once = false

    @OptionGroup var city: CityOption
    @OptionGroup var output: OutputOption

    func validate() throws {
        guard (1...1_000).contains(rows) else { throw ValidationError("--rows is from 1 to 1000") }
        guard (1...3_600).contains(interval) else { throw ValidationError("--interval is from 1 to 3600") }
    }

    func run() async throws {
        let directory = try city.directory()
        var before = try await look(directory)
        while true {
            try await Task.sleep(for: .seconds(interval))
            let now = try await look(directory)
            let rates = SessionRate.rates(from: before, to: now)
            try show(Array(rates.prefix(rows)), of: rates.count)
            if once { return }
            before = now
        }
    }

    private func look(_ directory: CityDirectory) async throws -> SessionLook {
        try await CityClients.with(directory) { client in
            SessionLook(at: .now, sessions: try await client.mqttSessions(owner: nil, connected: nil))
        }
    }

    private func show(_ rates: [SessionRate], of total: Int) throws {
        if output.isJSON { return Console.say(try JSONText.line(rates)) }
        var table = TextTable("OWNER", "CLIENT", "IN/S", "OUT/S", "WAITING", "IN FLIGHT", "DROPPED/S")
        for rate in rates {
            table.add(
                rate.owner, rate.clientIdentifier, SessionRate.text(rate.publishedPerSecond),
                SessionRate.text(rate.deliveredPerSecond), "\(rate.waiting)", "\(rate.inFlight)",
                SessionRate.text(rate.droppedPerSecond))
        }
        // On a terminal each table takes the place of the one before.
        if isatty(STDOUT_FILENO) == 1, !once { Console.say("\u{1B}[H\u{1B}[2J", terminator: "") }
        Console.say("\(total) sessions\n\n\(table.text)\n")
    }
}

/// The sessions at one moment.
struct SessionLook: Sendable {
    var at: ContinuousClock.Instant
    var sessions: [MQTTSessionView]
}

/// How busy a session is: what two looks have told.
struct SessionRate: Encodable, Sendable {
    var owner: String
    var clientIdentifier: String
    var publishedPerSecond: Double
    var deliveredPerSecond: Double
    var droppedPerSecond: Double
    var waiting: Int
    var inFlight: Int

    /// The rates of all sessions that are there at the end, the busiest first. One that was not there before, or that began
    /// anew, has been counted from zero.
    static func rates(from before: SessionLook, to now: SessionLook) -> [SessionRate] {
        let seconds = max((now.at - before.at) / .seconds(1), 0.001)
        let known = Dictionary(before.sessions.map { ($0.key, $0) }) { first, _ in first }
        return now.sessions.map { session in
            let old = known[session.key]
            func rate(_ count: (MQTTSessionView) -> Int) -> Double {
                let (new, earlier) = (count(session), old.map(count) ?? 0)
                return Double(new >= earlier ? new - earlier : new) / seconds
            }
            return SessionRate(
                owner: session.owner, clientIdentifier: session.clientIdentifier,
                publishedPerSecond: rate(\.published), deliveredPerSecond: rate(\.delivered),
                droppedPerSecond: rate(\.dropped), waiting: session.waiting, inFlight: session.inFlight)
        }.sorted {
            ($1.publishedPerSecond + $1.deliveredPerSecond, $0.owner, $0.clientIdentifier)
                < ($0.publishedPerSecond + $0.deliveredPerSecond, $1.owner, $1.clientIdentifier)
        }
    }

    /// For people: tenths below ten.
    static func text(_ rate: Double) -> String { String(format: rate < 10 ? "%.1f" : "%.0f", rate) }
}
