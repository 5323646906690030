import CityStorage
import Foundation

/// One run of the benchmarks.
struct BenchSession {
    let folder: String
    let seconds: Int
    let repetitions: Int
    let registered: Int
    let loadTool: LoadTool?
    let brokerLoads: [BrokerLoad]
    /// Whether delivery beside very many idle connections is among them.
    let includesCrowd: Bool

    func measure(_ benchmark: Benchmark) async throws -> [Figure] {
        switch benchmark {
        case .ingest: try await ingest()
        case .latency: try await latency()
        case .memory: try await memory()
        case .start: try await start()
        case .reads: try await reads()
        case .broker: try await broker()
        case .allocations: try await allocations()
        }
    }

    static let noLoadTool = "mqtt-load is not here; see `bastide bench --help`"
    static let sensors = ["sensors", "-P", "100", "-S", "0", "-q", "1", "-w", "100", "-t", "devices/dev%d/v"]

    /// A city with `devices` devices, served on core 0.
    func served(
        _ name: String, devices: Int, readingsEach: Int = 0, environment: [String: String] = [:],
        preparing: (BenchCity) throws -> Void = { _ in },
        _ body: (BenchCity, PinnedServer, ServingPorts) throws -> [Figure]
    ) async throws -> [Figure] {
        let city = try BenchCity(in: folder, named: name)
        try await city.fill(devices: devices, readingsEach: readingsEach)
        try preparing(city)
        let server = try serve(city, environment)
        defer { server.stop() }
        return try body(city, server, try ServingPorts(parsing: try server.firstLine()))
    }

    private func serve(_ city: BenchCity, _ environment: [String: String]) throws -> PinnedServer {
        try PinnedServer(
            BenchCity.program,
            [
                "serve", city.directory.path, "--lab", "--lab-mqtt-port", "0", "--lab-http-port", "0", "--mqtt",
                "127.0.0.1:0", "--https", "127.0.0.1:0", "--json",
            ], environment: environment.merging(["BASTIDE_MQTT_MAXIMUM_CONNECTIONS": "30000"]) { $1 },
            log: folder + "/serve.log")
    }

    // MARK: Ingest beside mosquitto

    private func ingest() async throws -> [Figure] {
        guard let loadTool else { return [.missing("guarded durable ingest", BenchSession.noLoadTool)] }
        let load = BenchSession.sensors + ["-d", "\(seconds)"]
        return try await served("ingest", devices: 100) { city, server, ports in
            let mosquitto = try PeerBroker.mosquitto(city, in: folder)
            defer { mosquitto?.server.stop() }
            var (ours, theirs): ([Double], [Double]) = ([], [])
            for _ in 0..<repetitions {
                let numbers = try loadTool.run(load, server: server.number, on: ports.mqtt, city)
                ours.append(numbers["acked_per_s"] ?? 0)
                guard let mosquitto else { continue }
                let peer = try loadTool.run(load, server: mosquitto.server.number, on: mosquitto.port, city)
                theirs.append(peer["acked_per_s"] ?? 0)
            }
            let rate = median(ours)
            var figures = [
                Figure(
                    "guarded durable ingest", rate, "readings/s", asked: "≥ 40000", isMet: rate >= 40_000,
                    note: "QoS 1, mutual TLS, 100 devices, 100 in flight each, server on one core")
            ]
            if theirs.isEmpty {
                figures.append(.missing("beside mosquitto", "mosquitto is not installed"))
            } else {
                let ratio = rate / median(theirs)
                figures.append(
                    Figure(
                        "beside mosquitto", ratio, "×", asked: "≥ 1", isMet: ratio >= 1,
                        note: String(format: "mosquitto without storage: %.0f/s, same load, same run", median(theirs))))
            }
            return figures
        }
    }

    // MARK: Latency

    private func latency() async throws -> [Figure] {
        guard let loadTool else { return [.missing("PUBLISH to PUBACK, p99", BenchSession.noLoadTool)] }
        return try await served("latency", devices: 100) { city, server, ports in
            let numbers = try loadTool.run(
                BenchSession.sensors + ["--rate", "4000", "-d", "\(seconds)"], server: server.number, on: ports.mqtt,
                city)
            let worst = numbers["ack_p99_ms"] ?? .infinity
            return [
                Figure(
                    "PUBLISH to PUBACK, p99", worst, "ms", asked: "< 20 ms at 4000/s", isMet: worst < 20,
                    note: String(format: "p50 %.2f ms, 100 devices, mutual TLS, durable", numbers["ack_p50_ms"] ?? 0))
            ]
        }
    }

    // MARK: Memory

    private func memory() async throws -> [Figure] {
        guard let loadTool else { return [.missing("memory", BenchSession.noLoadTool)] }
        return try await served("memory", devices: 1_000) { city, server, ports in
            _ = try loadTool.run(
                [
                    "sensors", "-P", "1000", "-S", "0", "-q", "1", "-t", "devices/dev%d/v", "--rate", "2000", "-d",
                    "\(seconds)",
                ],
                server: server.number, on: ports.mqtt, city)
            let idle = try loadTool.run(
                ["idle", "-n", "1000", "-k", "60", "-d", "3", "--parallel", "32"], server: server.number,
                on: ports.mqtt,
                city)
            let busy = (idle["rss_connected_kb"] ?? 0) / 1_024
            let more = try loadTool.run(
                ["idle", "-n", "5000", "-k", "60", "-d", "3", "--parallel", "32"], server: server.number,
                on: ports.mqtt,
                city)
            let each = more["rss_per_conn_kb"] ?? .infinity
            return [
                Figure(
                    "memory with 1000 devices connected", busy, "MB", asked: "< 200 MB", isMet: busy < 200,
                    note: "after they have published"),
                Figure(
                    "each further idle connection", each, "kB", asked: "≤ 40 kB", isMet: each <= 40,
                    note: "mutual TLS, over 5000 connections"),
            ]
        }
    }

    // MARK: Start

    private func start() async throws -> [Figure] {
        let city = try BenchCity(in: folder, named: "start")
        try await city.fill(devices: registered, readingsEach: 1_000_000 / registered)
        var times: [Double] = []
        for _ in 0..<max(repetitions, 3) {
            let began = Date()
            let server = try serve(city, [:])
            _ = try ServingPorts(parsing: try server.firstLine())
            times.append(Date().timeIntervalSince(began) * 1_000)
            server.stop()
        }
        let time = median(times)
        return [
            Figure(
                "serve is ready after", time, "ms", asked: "< 500 ms", isMet: time < 500,
                note: "\(registered) devices, 1,000,000 readings, one core, median of \(times.count)")
        ]
    }

    // MARK: Reads

    private func reads() async throws -> [Figure] {
        guard Subprocess.isInstalled("wrk") else { return [.missing("entity reads", "wrk is not installed")] }
        return try await served("reads", devices: 100, readingsEach: 20) { _, _, ports in
            guard let port = ports.laboratoryHTTP else { return [.missing("entity reads", "no laboratory port")] }
            let url = "http://127.0.0.1:\(port)/ngsi-ld/v1/entities/urn:ngsi-ld:Device:dev7"
            let result = try Subprocess.run(
                "taskset", ["-c", "1", "wrk", "-t", "1", "-c", "32", "-d", "\(seconds)s", url])
            let line = result.output.split(separator: "\n").first { $0.contains("Requests/sec:") }
            let rate = line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
            let failed = result.output.contains("Non-2xx")
            return [
                Figure(
                    "GET /entities/{id}", failed ? 0 : rate, "requests/s", asked: "≥ 15000",
                    isMet: !failed && rate >= 15_000,
                    note: "one core, keep-alive, no TLS, 32 connections")
            ]
        }
    }
}

/// The middle one; of an even count, the lower of the two.
func median(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.sorted()[(values.count - 1) / 2]
}
