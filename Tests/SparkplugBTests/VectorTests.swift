import Foundation
import SparkplugB
import Testing

/// A payload as Google's protocol buffers wrote it, and what it says: `Vectors/generate.py`.
struct Vector: Decodable {
    /// A metric's value as JSON has it.
    enum Value: Decodable, Equatable {
        case boolean(Bool), integer(UInt64), number(Double), text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .boolean(flag)
            } else if let integer = try? container.decode(UInt64.self) {
                self = .integer(integer)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    struct Metric: Decodable {
        var name: String?
        var alias: UInt64?
        var datatype: UInt32?
        var timestamp: UInt64?
        var is_historical: Bool?
        var is_null: Bool?
        var kind: String?
        var value: Value?
    }

    var topic: String
    var hex: String
    var metrics: [Metric]
    var timestamp: UInt64?
    var seq: UInt64?

    var bytes: [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
    }

    static let names = ["1-nbirth", "2-dbirth", "3-ddata", "4-ddata-historical", "5-ddeath", "6-ndeath", "types"]

    init(named name: String) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Vectors/\(name).json")
        self = try JSONDecoder().decode(Vector.self, from: Data(contentsOf: file))
    }
}

@Suite("Payloads that another implementation wrote")
struct VectorTests {
    @Test("every field is read as it was written", arguments: Vector.names)
    func fields(name: String) throws {
        let vector = try Vector(named: name)
        #expect(SparkplugTopicName(vector.topic)?.text == vector.topic)
        let payload = try SparkplugPayload(decoding: vector.bytes)
        #expect(payload.timestamp == vector.timestamp)
        #expect(payload.sequence == vector.seq)
        #expect(payload.metrics.count == vector.metrics.count)
        for (metric, expected) in zip(payload.metrics, vector.metrics) {
            #expect(metric.name == expected.name)
            #expect(metric.alias == expected.alias)
            #expect(metric.dataType?.rawValue == expected.datatype)
            #expect(metric.timestamp == expected.timestamp)
            #expect(metric.isHistorical == (expected.is_historical ?? false))
            #expect(metric.isNull == (expected.is_null ?? false))
            switch metric.wire {
            case .int(let bits): #expect(expected.value == .integer(UInt64(bits)))
            case .long(let bits): #expect(expected.value == .integer(bits))
            case .float(let number): #expect(number == Float(expected.value?.double ?? .nan))
            case .double(let number): #expect(number == expected.value?.double)
            case .boolean(let flag): #expect(expected.value == .boolean(flag))
            case .string(let text): #expect(expected.value == .text(text))
            case .other(let kind): #expect(expected.kind == kind.lowercased() + "_value")
            case nil: #expect(expected.kind == nil)
            }
        }
    }

    @Test("each type's values are what they mean; of narrow integers the sign may fill 32 bits or not")
    func types() throws {
        let payload = try SparkplugPayload(decoding: Vector(named: "types").bytes)
        #expect(payload.uuid == "urn:example")
        let values = payload.metrics.map { $0.value() }
        #expect(
            values == [
                .integer(-128), .integer(-128), .integer(-32_768), .integer(-2_147_483_648), .integer(.min),
                .unsigned(255), .unsigned(65_535), .unsigned(4_294_967_295), .unsigned(4_294_967_295), .unsigned(.max),
                .double(1.5), .double(-2.25e300), .boolean(true), .text("Grüße"), .dateTime(1_799_999_990_000),
                .text(""), .text("0b2f"), .unsupported("Bytes"), .unsupported("DataSet"), .unsupported("Template"),
                .text("x"),
            ])
    }

    @Test("a quality that is not good takes the value away")
    func quality() throws {
        let payload = try SparkplugPayload(decoding: Vector(named: "4-ddata-historical").bytes)
        #expect(payload.metrics.map(\.quality) == [nil, 0])
        #expect(payload.metrics[1].wire == .float(999))
        #expect(payload.metrics.map { $0.value(as: .double) } == [.double(12.5), .null])
    }

    @Test("null and transient metrics have no value to be kept")
    func absent() {
        let metric = SparkplugMetric(name: "m", dataType: .double, wire: .double(1))
        #expect(metric.value() == .double(1))
        for change in [\SparkplugMetric.isNull, \SparkplugMetric.isTransient] {
            var absent = metric
            absent[keyPath: change] = true
            #expect(absent.value() == .null)
        }
    }

    @Test("a conversation of an edge node is followed from birth to death")
    func conversation() throws {
        var node = SparkplugNode()
        var outcomes: [SparkplugNode.Outcome] = []
        for name in Vector.names.dropLast() {
            let vector = try Vector(named: name)
            let topic = try #require(SparkplugTopicName(vector.topic))
            outcomes.append(
                node.receive(topic.type, device: topic.device, try SparkplugPayload(decoding: vector.bytes)))
        }
        typealias Reading = SparkplugNode.Reading
        let time: UInt64 = 1_799_999_990_000
        #expect(
            outcomes[0]
                == .metrics([
                    Reading(name: "Node Control/Rebirth", value: .boolean(false), timestamp: time),
                    Reading(name: "Properties/Firmware", value: .text("7.1.2"), timestamp: time),
                ]))
        #expect(
            outcomes[1]
                == .metrics([
                    Reading(name: "Power/Active", value: .double(100.5), timestamp: time - 500),
                    Reading(name: "Energy/Import", value: .double(12.75), timestamp: time),
                    Reading(name: "Voltage", value: .unsigned(231), timestamp: time),
                    Reading(name: "Power/Factor", value: .null, timestamp: time),
                ]))
        #expect(
            outcomes[2]
                == .metrics([
                    Reading(name: "Power/Active", value: .double(-0.25), timestamp: time + 900),
                    Reading(name: "Voltage", value: .unsigned(229), timestamp: time + 1_000),
                ]))
        #expect(
            outcomes[3]
                == .metrics([
                    Reading(name: "Energy/Import", value: .double(12.5), timestamp: time - 60_000),
                    Reading(name: "Power/Active", value: .null, timestamp: time + 2_000),
                ]))
        #expect(outcomes[4] == .deviceDied)
        #expect(outcomes[5] == .nodeDied(devices: []))
        #expect(!node.isOnline)
    }
}

extension Vector.Value {
    /// The number, where it is one.
    fileprivate var double: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        case .boolean, .text: nil
        }
    }
}
