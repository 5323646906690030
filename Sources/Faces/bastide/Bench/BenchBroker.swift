import Foundation

/// One load of mqtt-load for brokers side by side.
struct BrokerLoad {
    let name: String
    let title: String
    let arguments: [String]
    /// What of mqtt-load's numbers counts; more is better.
    let field: String
    let unit: String
    /// How often mosquitto's number is asked for.
    let factor: Double

    /// A topic that is passed on and not kept, and payloads of 256 bytes.
    private static let application = ["-s", "256", "-t", "devices/dev%d/app/load", "-f", "devices/+/app/load"]
    private static let fanIn = ["pub", "-P", "100", "-S", "1"]

    static let all = [
        BrokerLoad(
            name: "fan-in-0", title: "QoS 0, 100 to 1, full pipeline", arguments: fanIn + ["-q", "0"] + application,
            field: "sent_per_cpu_s", unit: "messages/CPU s", factor: 2),
        BrokerLoad(
            name: "fan-in-1", title: "QoS 1, 100 to 1, full pipeline",
            arguments: fanIn + ["-q", "1"] + application,
            field: "sent_per_cpu_s", unit: "messages/CPU s", factor: 2),
        BrokerLoad(
            name: "single", title: "QoS 1, 100 to 1, one in flight",
            arguments: fanIn + ["-q", "1", "-w", "1", "-b", "1"] + application,
            field: "sent_per_cpu_s", unit: "messages/CPU s", factor: 1),
        BrokerLoad(
            name: "fan-out", title: "QoS 1, 1 to 500",
            arguments: ["pub", "-P", "1", "-S", "500", "-q", "1"] + application,
            field: "delivered_per_s", unit: "deliveries/s", factor: 1),
        BrokerLoad(
            name: "handshakes", title: "handshakes with client certificate", arguments: ["storm", "--parallel", "32"],
            field: "connects_per_s", unit: "connections/s", factor: 0.9),
        BrokerLoad(
            name: "resumed", title: "the same, resumed", arguments: ["storm", "--parallel", "32", "--resume"],
            field: "connects_per_s", unit: "connections/s", factor: 1),
    ]
}

extension BenchSession {
    /// As many as are asked for, or as the limit of open files allows.
    private static var idleConnections: Int {
        min(20_000, (DescriptorLimit.highest ?? 20_000) - 800)
    }

    /// The broker beside its peers: each load in turns, the median of the turns counts.
    func broker() async throws -> [Figure] {
        guard loadTool != nil else { return [.missing("the broker beside others", BenchSession.noLoadTool)] }
        // Inherited by the servers and the load.
        DescriptorLimit.raise()
        return try await served("broker", devices: 100, preparing: { try $0.makeOperatorFile() }) {
            city, server, ports in
            let peers = [try PeerBroker.mosquitto(city, in: folder), try PeerBroker.flashMQ(city, in: folder)]
                .compactMap { $0 }
            defer { for peer in peers { peer.server.stop() } }
            let brokers = [PeerBroker(name: "Bastide", server: server, port: ports.mqtt)] + peers
            var figures: [Figure] = []
            for load in brokerLoads { figures.append(try compare(load, brokers, city)) }
            if includesCrowd { figures.append(try crowd(brokers[0], city)) }
            return figures
        }
    }

    private func compare(_ load: BrokerLoad, _ brokers: [PeerBroker], _ city: BenchCity) throws -> Figure {
        guard let loadTool else { return .missing(load.title, BenchSession.noLoadTool) }
        let arguments = load.arguments + ["-d", "\(seconds)", "--sub-cert", city.operatorFile]
        var numbers: [String: [Double]] = [:]
        var troubles: [String: [String: Double]] = [:]
        for _ in 0..<repetitions {
            for broker in brokers {
                let told = try loadTool.run(arguments, server: broker.server.number, on: broker.port, city)
                numbers[broker.name, default: []].append(told[load.field] ?? 0)
                for trouble in ["lost", "failed"] {
                    troubles[broker.name, default: [:]][trouble, default: 0] += told[trouble] ?? 0
                }
                Console.progress("\(load.name), \(broker.name): \(Int(told[load.field] ?? 0)) \(load.unit)")
            }
        }
        let ours = median(numbers["Bastide"] ?? [])
        var notes = brokers.dropFirst().map { broker in
            let theirs = median(numbers[broker.name] ?? [])
            return String(format: "%.2f × %@ (%.0f)", theirs > 0 ? ours / theirs : 0, broker.name, theirs)
        }
        for broker in brokers {
            let troubles = troubles[broker.name] ?? [:]
            if let lost = troubles["lost"], lost > 0 { notes.append("\(broker.name) lost \(Int(lost)) messages") }
            if let failed = troubles["failed"], failed > 0 {
                notes.append("\(Int(failed)) connections to \(broker.name) failed")
            }
        }
        let isWhole = (troubles["Bastide"] ?? [:]).values.allSatisfy { $0 == 0 }
        let mosquitto = median(numbers["mosquitto"] ?? [])
        return Figure(
            load.title, ours, load.unit, asked: "≥ \(load.factor) × mosquitto",
            isMet: mosquitto > 0 ? isWhole && ours >= load.factor * mosquitto : nil,
            note: notes.isEmpty ? "no other broker is installed" : notes.joined(separator: "; "))
    }

    /// Delivery while very many are connected and say nothing.
    private func crowd(_ ours: PeerBroker, _ city: BenchCity) throws -> Figure {
        let title = "delivery beside \(BenchSession.idleConnections) idle connections, p99"
        guard let loadTool else { return .missing(title, BenchSession.noLoadTool) }
        let idle = try loadTool.start(
            [
                "idle", "-n", "\(BenchSession.idleConnections)", "-k", "600", "-d", "\(seconds + 20)", "--parallel",
                "32",
            ],
            server: ours.server.number, on: ours.port, city)
        defer { idle.stop() }
        let isFull = ours.server.waitForDescriptors(BenchSession.idleConnections, within: 120)
        guard isFull else { return .missing(title, "they did not connect within two minutes") }
        let load = ["pub", "-P", "100", "-S", "1", "-q", "1", "--rate", "1000", "-b", "1", "-s", "256"]
        let topics = ["-t", "devices/dev%d/app/load", "-f", "devices/+/app/load", "--sub-cert", city.operatorFile]
        let told = try loadTool.run(
            load + topics + ["-d", "\(seconds)"], server: ours.server.number, on: ours.port, city)
        let worst = told["deliver_p99_ms"] ?? .infinity
        return Figure(
            title, worst, "ms", asked: "< 10 ms at 1000/s beside 20000", isMet: worst < 10,
            note: String(format: "p50 %.2f ms, 100 publishers, mutual TLS, QoS 1", told["deliver_p50_ms"] ?? 0))
    }
}
