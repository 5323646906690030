import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import SparkplugB
import Synchronization
import Testing

@Suite("Payloads: Sparkplug B")
struct SparkplugPathTests {
    static let yaml = """
        gateways:
          node:
            edgeNode: works/node-1
            devices: {meter-1: meter, meter-2: far-meter, ghost: nobody}
        """
    /// A second before the test clock's present.
    static let time: UInt64 = 1_799_999_999_000

    private func withNode(_ body: (PayloadCity, City) async throws -> Void) async throws {
        let city = try PayloadCity(SparkplugPathTests.yaml)
        try await city.withCity { open in
            try await city.enrol(["node": "gateway", "meter": "smart-plug"], in: open)
            try await open.enrol("far-meter", type: "smart-plug", zone: "plant", with: city.test)
            try await body(city, open)
        }
    }

    private func metric(
        _ name: String?, _ alias: UInt64?, _ wire: SparkplugMetric.WireValue, _ type: SparkplugDataType? = nil
    ) -> SparkplugMetric {
        SparkplugMetric(name: name, alias: alias, dataType: type, wire: wire)
    }

    private func say(
        _ type: SparkplugTopicName.MessageType, of device: String? = nil, _ sequence: UInt64?,
        _ metrics: [SparkplugMetric] = [], in city: City
    ) throws -> Result<[Observation], Refusal> {
        let payload = SparkplugPayload(timestamp: SparkplugPathTests.time, metrics: metrics, sequence: sequence)
        let topic = SparkplugTopicName(group: "works", type: type, node: "node-1", device: device)
        return city.understood(payload.encoded(), on: topic.text, by: try city.principal("node"))
    }

    private var nodeBirth: [SparkplugMetric] {
        [metric("bdSeq", nil, .long(0), .uint64), metric("Node Control/Rebirth", nil, .boolean(false), .boolean)]
    }

    private var meterBirth: [SparkplugMetric] {
        [
            metric("Power/Active", 1, .float(100), .float), metric("Voltage", 2, .int(231), .uint32),
            metric("Properties/Maker", 3, .string("x"), .string),
        ]
    }

    private func refusal(_ result: Result<[Observation], Refusal>) -> Refusal? {
        if case .failure(let refusal) = result { refusal } else { nil }
    }

    @Test("births, data by alias, and deaths become attributes of the devices behind the edge node")
    func life() async throws {
        try await withNode { (_: PayloadCity, city: City) async throws in
            #expect(try city.named(say(.nodeBirth, 0, nodeBirth, in: city).get()) == ["connected": .boolean(true)])
            let birth = try say(.deviceBirth, of: "meter-1", 1, meterBirth, in: city).get()
            #expect(
                city.named(birth) == [
                    "totalActivePower": .number(100), "voltage": .number(231), "connected": .boolean(true),
                ])
            #expect(birth.first?.observedAt == Timestamp(seconds: 1_799_999_999))
            let data = try say(.deviceData, of: "meter-1", 2, [metric(nil, 1, .float(42.5))], in: city).get()
            #expect(city.named(data) == ["totalActivePower": .number(42.5)])
            let definition = city.views.series.definition(of: data[0].series)
            #expect(definition?.device?.text == "meter" && definition?.unitCode == "WTT")
            let gone = try say(.nodeDeath, nil, [metric("bdSeq", nil, .long(0), .uint64)], in: city).get()
            let said = gone.compactMap { city.views.series.definition(of: $0.series) }.map {
                "\($0.device!) \($0.attribute)"
            }
            #expect(said.sorted() == ["meter connected", "node connected"])
            #expect(gone.allSatisfy { $0.value == .boolean(false) })
        }
    }

    @Test("data without a birth are refused, and the edge node is asked for one: once in a while")
    func rebirth() async throws {
        try await withNode { (payload: PayloadCity, city: City) async throws in
            let alone = refusal(try say(.nodeData, 5, in: city))
            #expect(alone?.message == "NDATA before NBIRTH: the edge node must send its births first")
            payload.test.clock.advance(by: .seconds(11))
            let asked = Mutex<[PayloadReplies.Reply]>([])
            city.path.replies.observe { reply in asked.withLock { $0.append(reply) } }
            let first = refusal(try say(.nodeData, 5, in: city))
            #expect(first?.code == .malformedPayload && first?.step == .understand)
            #expect(first?.message.hasSuffix("again, and was asked to (`Node Control/Rebirth`)") == true)
            #expect(try refusal(say(.nodeData, 6, in: city)) != nil)
            let replies = asked.withLock { $0 }
            #expect(replies.map(\.topic) == ["spBv1.0/works/NCMD/node-1"])
            let command = try SparkplugPayload(decoding: try #require(replies.first).payload)
            #expect(command.metrics.map(\.name) == ["Node Control/Rebirth"])
            #expect(command.metrics.map { $0.value() } == [.boolean(true)])
            payload.test.clock.advance(by: .seconds(10))
            #expect(try refusal(say(.nodeData, 7, in: city)) != nil)
            #expect(asked.withLock { $0.count } == 2)
            _ = try say(.nodeBirth, 0, nodeBirth, in: city).get()
            #expect(try say(.nodeData, 1, in: city).get().isEmpty)
        }
    }

    @Test("a device that is not listed, not registered or in another zone is refused; the edge node's count goes on")
    func strangers() async throws {
        try await withNode { (_: PayloadCity, city: City) async throws in
            _ = try say(.nodeBirth, 0, nodeBirth, in: city).get()
            let cases: [(String, Refusal.Code, PathStep)] = [
                ("unlisted", .deviceUnknown, .understand), ("ghost", .deviceUnknown, .authorise),
                ("meter-2", .zoneMismatch, .authorise),
            ]
            for (index, (device, code, step)) in cases.enumerated() {
                let birth = [metric("Voltage", UInt64(20 + index), .int(1), .uint32)]
                let refused = refusal(try say(.deviceBirth, of: device, UInt64(index + 1), birth, in: city))
                #expect(refused?.code == code && refused?.step == step, "\(device): \(refused?.message ?? "taken")")
            }
            #expect(try city.named(say(.deviceBirth, of: "meter-1", 4, meterBirth, in: city).get()).count == 3)
        }
    }

    @Test("another device cannot speak as the edge node, nor the edge node as a host")
    func impostors() async throws {
        try await withNode { (_: PayloadCity, city: City) async throws in
            let (meter, node) = (try city.principal("meter"), try city.principal("node"))
            let birth = SparkplugTopicName(group: "works", type: .nodeBirth, node: "node-1").text
            let command = SparkplugTopicName(group: "works", type: .nodeCommand, node: "node-1").text
            #expect(refusal(city.understood([], on: birth, by: meter))?.code == .topicNotOwn)
            #expect(refusal(city.understood([], on: command, by: node))?.code == .topicNotOwn)
            let other = SparkplugTopicName(group: "works", type: .nodeBirth, node: "node-2").text
            #expect(refusal(city.understood([], on: other, by: node))?.code == .topicNotOwn)
            // Operators command, and cannot speak for an edge node.
            #expect(city.understood([], on: command, by: AuthoriseTests.eva) == .success([]))
            #expect(refusal(city.understood([], on: birth, by: AuthoriseTests.eva))?.code == .topicNotOwn)
        }
    }

    @Test("an edge node hears its own commands and whether hosts are there")
    func subscriptions() async throws {
        try await withNode { (_: PayloadCity, city: City) async throws in
            let node = try city.principal("node")
            let isAllowed = { (filter: String) in
                if case .success = city.path.authorise(node, .subscribe(filter: filter)) { true } else { false }
            }
            let own = ["works/NCMD/node-1", "works/NCMD/node-1/#", "works/DCMD/node-1/+", "STATE/+", "STATE/scada"]
            #expect(own.allSatisfy { isAllowed("spBv1.0/\($0)") } && isAllowed("STATE/scada"))
            let others = ["works/NCMD/#", "works/NCMD/node-2", "+/NCMD/node-1", "works/NDATA/node-1", "#"]
            #expect(!others.contains { isAllowed("spBv1.0/\($0)") })
        }
    }

    @Test("what cannot be read is refused with its metric: unknown names, tables, numbers that are none")
    func wrong() async throws {
        try await withNode { (_: PayloadCity, city: City) async throws in
            let cases: [(SparkplugMetric, Refusal.Code, String)] = [
                (
                    metric("Colour", 9, .string("red"), .string), .attributeUnknown,
                    "at `metric Colour`: expected one of"
                ),
                (
                    metric("Voltage", 9, .float(.infinity), .float), .outOfRange,
                    "at `metric Voltage`: expected a finite"
                ),
                (
                    metric("Voltage", 9, .string("x"), .string), .malformedPayload,
                    "at `metric Voltage`: expected a number"
                ),
                (metric("Voltage", 9, .double(5_000), .double), .outOfRange, "at `metric Voltage`: expected at most"),
            ]
            for (wrong, code, message) in cases {
                _ = try say(.nodeBirth, 0, nodeBirth, in: city).get()
                let refused = refusal(try say(.deviceBirth, of: "meter-1", 1, [wrong], in: city))
                #expect(refused?.code == code, "\(wrong)")
                #expect(refused?.message.hasPrefix(message) == true, "\(refused?.message ?? "taken")")
            }
            let garbage = city.understood(
                [0x12, 0x7F], on: "spBv1.0/works/NBIRTH/node-1", by: try city.principal("node"))
            #expect(
                refusal(garbage)?.message
                    == "at byte 0: expected a payload of Sparkplug B, but a field goes on behind the end")
        }
    }

    @Test("a compressed payload is refused as such, before it counts for anything")
    func compressed() async throws {
        try await withNode { (_: PayloadCity, city: City) async throws in
            let payload = SparkplugPayload(uuid: SparkplugPayload.compressed)
            let refused = city.understood(
                payload.encoded(), on: "spBv1.0/works/NBIRTH/node-1", by: try city.principal("node"))
            #expect(refusal(refused)?.code == .unsupported)
        }
    }

    @Test("a table or a template is refused by its name")
    func unsupported() async throws {
        try await withNode { (_: PayloadCity, city: City) async throws in
            // A birth whose metric `Voltage` is a DataSet without columns: field 17, empty.
            let metric: [UInt8] = [0x0A, 7] + Array("Voltage".utf8) + [0x20, 16, 0x8A, 0x01, 0]
            let bytes: [UInt8] = [0x12, UInt8(metric.count)] + metric + [0x18, 1]
            _ = try say(.nodeBirth, 0, nodeBirth, in: city).get()
            let refused = city.understood(
                bytes, on: "spBv1.0/works/DBIRTH/node-1/meter-1", by: try city.principal("node"))
            #expect(refusal(refused)?.code == .unsupported)
            #expect(
                refusal(refused)?.message
                    == "at `metric Voltage`: values of the type DataSet are not read; add the metric to `ignore`")
        }
    }
}
