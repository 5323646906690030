import ArgumentParser
import Foundation

/// `bastide bench`: the load figures, measured on this machine in one run, beside the peer where there is one.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measure this machine: guarded ingest, latency, memory, start, entity reads, the MQTT broker, allocations.",
        discussion: """
            Each server gets core 0 and the load core 1 (taskset). The load generator is mqtt-load, a C program that is \
            cheaper than any broker; give its source directory or the built program with --mqtt-load, or set \
            BASTIDE_MQTT_LOAD. Debian's mosquitto, where installed, is measured in the same run with the same \
            certificates and no storage, and so is FlashMQ where BASTIDE_FLASHMQ names its program; wrk measures entity \
            reads. Allocations are counted before the C library's allocator, for which a C compiler is needed.

            EXAMPLES:
              bastide bench
              bastide bench --only ingest,latency --seconds 10 --json
            """)

    @Option(help: ArgumentHelp("Which figures, separated by commas.", valueName: "names"))
    var only = Benchmark.allCases.map(\.rawValue).joined(separator: ",")

    @Option(help: ArgumentHelp("Which loads of `broker`, separated by commas; all without it.", valueName: "names"))
    var loads = ""

    @Option(help: ArgumentHelp("How long each load lasts.", valueName: "seconds"))
    var seconds = 6

    @Option(help: ArgumentHelp("How often ingest and mosquitto take turns; the median counts.", valueName: "n"))
    var repetitions = 3

    @Option(help: ArgumentHelp("mqtt-load: the program, or the directory with its source.", valueName: "path"))
    var mqttLoad: String?

    @Option(help: ArgumentHelp("Devices and readings for the start figure.", valueName: "n"))
    var registered = 10_000

    @OptionGroup var output: OutputOption

    func validate() throws {
        guard (1...600).contains(seconds) else { throw ValidationError("--seconds is from 1 to 600") }
        guard (1...21).contains(repetitions) else { throw ValidationError("--repetitions is from 1 to 21") }
        guard (1...100_000).contains(registered) else { throw ValidationError("--registered is from 1 to 100000") }
        _ = try chosen()
        _ = try chosenLoads()
    }

    private func chosenLoads() throws -> [BrokerLoad] {
        guard !loads.isEmpty else { return BrokerLoad.all }
        return try loads.split(separator: ",").filter { $0 != "crowd" }.map { name in
            guard let load = BrokerLoad.all.first(where: { $0.name == name }) else {
                let known = (BrokerLoad.all.map(\.name) + ["crowd"]).joined(separator: ", ")
                throw ValidationError("there is no load `\(name)`; there are \(known)")
            }
            return load
        }
    }

    private func chosen() throws -> [Benchmark] {
        try only.split(separator: ",").map { name in
            guard let benchmark = Benchmark(rawValue: String(name)) else {
                let known = Benchmark.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no figure `\(name)`; there are \(known)")
            }
            return benchmark
        }
    }

    func run() async throws {
        let folder = try TemporaryFolder("bastide-bench")
        defer { folder.remove() }
        let session = BenchSession(
            folder: folder.path, seconds: seconds, repetitions: repetitions, registered: registered,
            loadTool: try LoadTool.find(mqttLoad, buildingIn: folder.path), brokerLoads: try chosenLoads(),
            includesCrowd: loads.isEmpty || loads.split(separator: ",").contains("crowd"))
        var figures: [Figure] = []
        for benchmark in try chosen() {
            Console.progress("measuring \(benchmark.rawValue) …")
            figures += try await session.measure(benchmark)
        }
        Console.progress("")
        let report = BenchReport(machine: Machine.current, figures: figures)
        output.isJSON ? try Console.say(json: report) : Console.say(report.text)
    }
}

/// What can be measured.
enum Benchmark: String, CaseIterable {
    case ingest, latency, memory, start, reads, broker, allocations
}

/// One measured number beside what is asked of it.
struct Figure: Encodable {
    let name: String
    let value: Double
    let unit: String
    let asked: String
    /// Whether it is good enough; nil where nothing is asked.
    let isMet: Bool?
    /// How it was measured, or why it was not.
    let note: String

    init(_ name: String, _ value: Double, _ unit: String, asked: String, isMet: Bool?, note: String = "") {
        self.name = name
        self.value = value
        self.unit = unit
        self.asked = asked
        self.isMet = isMet
        self.note = note
    }

    /// A figure that could not be measured here.
    static func missing(_ name: String, _ why: String) -> Figure {
        Figure(name, 0, "", asked: "", isMet: nil, note: "not measured: \(why)")
    }
}

/// Where it was measured.
struct Machine: Encodable {
    let cores: Int
    let processor: String
    let kernel: String

    static var current: Machine {
        let information = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = information.split(separator: "\n").first { $0.hasPrefix("model name") }
        return Machine(
            cores: ProcessInfo.processInfo.activeProcessorCount,
            processor: model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown",
            kernel: ProcessInfo.processInfo.operatingSystemVersionString)
    }
}

/// What a run has measured.
struct BenchReport: Encodable {
    let machine: Machine
    let figures: [Figure]

    /// A table for people.
    var text: String {
        var table = TextTable("figure", "measured", "asked", "", "how")
        for figure in figures {
            let isWhole = figure.value >= 100 || figure.unit.isEmpty
            let number =
                figure.unit.isEmpty ? "–" : String(format: isWhole ? "%.0f %@" : "%.2f %@", figure.value, figure.unit)
            let mark = figure.isMet.map { $0 ? "met" : "missed" } ?? ""
            table.add(figure.name, number, figure.asked, mark, figure.note)
        }
        return "\(machine.processor), \(machine.cores) cores, \(machine.kernel)\n\n\(table.text)"
    }
}
