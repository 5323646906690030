import ArgumentParser
import Foundation

/// `bastide status`: how the city is.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the city is: devices, readings, alerts, ledger, storage.",
        discussion: """
            EXAMPLES:
              bastide status --city rivertown
              bastide status --json | jq .openAlerts
            """)

    @OptionGroup var city: CityOption
    @OptionGroup var output: OutputOption

    func run() async throws {
        let status = try await CityClients.with(try city.directory()) { try await $0.status() }
        if output.isJSON { return try Console.say(json: status) }
        let isRunning = status.running ?? false
        var facts = FactList()
        facts.add("city", "\(status.city) (\(status.domain))\(status.simulated ? ", simulated" : "")")
        facts.add("served", isRunning ? "yes, for \(StatusCommand.duration(status.uptimeSeconds ?? 0))" : "no")
        facts.add("version", status.version)
        facts.add(
            "devices", "\(status.devicesRegistered)" + (isRunning ? ", \(status.devicesConnected) connected" : ""))
        facts.add("entities", "\(status.entities)")
        facts.add(
            "readings",
            status.observationsCommitted.map { count in
                let rate = status.observationsPerSecond.map { ", \(Int($0.rounded())) a second" } ?? ""
                return "\(count) since the start\(rate)"
            })
        facts.add("alerts", "\(status.openAlerts) open")
        facts.add("refusals", "\(status.refusalsLastHour) in the last hour")
        facts.add("ledger", "\(status.ledgerSize) batches")
        facts.add("journal", ByteCount.text(status.storage.journalBytes))
        facts.add("storage", status.storage.ok ? "well" : status.storage.problem ?? "not well")
        for bridge in status.bridges ?? [] { facts.add("bridge", StatusCommand.words(for: bridge)) }
        Console.say(facts.text)
    }

    private static func words(for bridge: StatusView.Bridge) -> String {
        let counts = "\(bridge.received) in, \(bridge.sent) out, \(bridge.queued) queued"
        let refused =
            (bridge.refused == 0 ? "" : ", \(bridge.refused) refused")
            + (bridge.dropped == 0 ? "" : ", \(bridge.dropped) dropped")
        let problem = bridge.problem.map { " (\($0))" } ?? ""
        return "\(bridge.name) to \(bridge.address) \(bridge.state)\(problem): \(counts)\(refused)"
    }

    private static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds)
        if whole >= 86_400 { return "\(whole / 86_400) d \(whole % 86_400 / 3_600) h" }
        if whole >= 3_600 { return "\(whole / 3_600) h \(whole % 3_600 / 60) min" }
        return whole >= 60 ? "\(whole / 60) min" : "\(whole) s"
    }
}

/// Bytes as people say them.
enum ByteCount {
    static func text(_ bytes: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(units[unit])"
    }
}
