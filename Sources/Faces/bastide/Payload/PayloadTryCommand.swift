import ArgumentParser
import CityModel
import CityPath
import Foundation
import JSONBytes

extension PayloadCommand {
    /// `bastide payload try`: what a mapping makes of one payload.
    struct Try: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "try",
            abstract: "Say what a payload would change, or why it would be refused.",
            discussion: """
                The topic chooses the layout and names the device, as it does in the running city. \
                What the device was enrolled as, which the topic does not say, is --type; \
                without it, the first type that has a layout for the topic. Of Sparkplug B, \
                data need the births before them: --after, once for each, in their order.

                EXAMPLES:
                  bastide payload try --topic tele/plug-7/SENSOR telegram.json
                  mosquitto_sub … -C 1 | bastide payload try --city rivertown \\
                    --topic zigbee2mqtt/Kitchen -
                  bastide payload try --mapping draft.yaml --layout my-meter sample.json --json
                  bastide payload try --topic spBv1.0/works/DDATA/node-1/pump-1 ddata.bin \\
                    --after spBv1.0/works/NBIRTH/node-1=nbirth.bin \\
                    --after spBv1.0/works/DBIRTH/node-1/pump-1=dbirth.bin
                """)

        @Argument(help: "The payload; - for standard input.", completion: .file())
        var file: String

        @Option(help: "The topic it is published on.")
        var topic: String?

        @Option(help: "The layout to use; without it, the one that fits the topic.")
        var layout: String?

        @Option(name: .customLong("type"), help: "What the device was enrolled as.")
        var deviceType: String?

        @Option(help: ArgumentHelp("A message of the same edge node that came before.", valueName: "topic=file"))
        var after: [String] = []

        @OptionGroup var mapping: MappingOption
        @OptionGroup var output: OutputOption

        private struct Report: Encodable {
            struct Change: Encodable {
                var source: String
                var attribute: String
                var value: Value
                var unitCode: String?
                var observedAt: String?
                var dataClass: String
            }

            var device: String?
            var layout: String?
            var deviceType: String?
            var entityType: String?
            var changes: [Change]
            var remark: String?
        }

        /// An attribute's value as JSON has it.
        private enum Value: Encodable {
            case number(Double)
            case boolean(Bool)
            case text(String)

            init(_ value: AttributeValue) {
                switch value {
                case .number(let number): self = .number(number)
                case .boolean(let flag): self = .boolean(flag)
                case .text(let text), .structured(json: let text), .geometry(json: let text), .relationship(let text):
                    self = .text(text)
                }
            }

            var text: String {
                switch self {
                case .number(let number): JSONValue(number)?.description ?? "\(number)"
                case .boolean(let flag): "\(flag)"
                case .text(let text): text
                }
            }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                switch self {
                case .number(let number): try container.encode(number)
                case .boolean(let flag): try container.encode(flag)
                case .text(let text): try container.encode(text)
                }
            }
        }

        func validate() throws {
            guard topic != nil || layout != nil else { throw ValidationError("give --topic, or --layout, or both") }
            guard after.allSatisfy({ $0.contains("=") }) else { throw ValidationError("--after is TOPIC=FILE") }
        }

        func run() throws {
            let mappings = try mapping.mappings()
            let earlier = try after.map { pair in
                let end = pair.lastIndex(of: "=") ?? pair.endIndex
                return PayloadMappings.TrialRequest.Message(
                    topic: String(pair[..<end]), payload: try InputFile.read(String(pair[end...].dropFirst())))
            }
            let request = PayloadMappings.TrialRequest(
                message: .init(topic: topic ?? "", payload: try InputFile.read(file)), earlier: earlier,
                layout: layout, deviceType: deviceType)
            let trial = try mappings.trial(request, at: CityClock.system.now).get()
            let report = Report(
                device: trial.device?.text, layout: trial.layout, deviceType: trial.deviceType,
                entityType: trial.entityType,
                changes: trial.changes.map { change in
                    Report.Change(
                        source: change.source, attribute: change.attribute, value: Value(change.value),
                        unitCode: change.unitCode,
                        observedAt: change.observedAt.map { RFC3339.string($0.microseconds) },
                        dataClass: change.dataClass.rawValue)
                }, remark: trial.remark)
            output.isJSON ? try Console.say(json: report) : say(report)
        }

        private func say(_ report: Report) {
            var facts = FactList()
            facts.add("layout", report.layout)
            facts.add("device", report.device)
            facts.add("device type", report.deviceType)
            facts.add("entity type", report.entityType)
            facts.add("remark", report.remark)
            Console.say(facts.text)
            guard !report.changes.isEmpty else { return }
            var table = TextTable("FROM", "ATTRIBUTE", "VALUE", "UNIT", "CLASS", "OBSERVED AT")
            for change in report.changes {
                table.add(
                    change.source, change.attribute, change.value.text, change.unitCode ?? "", change.dataClass,
                    change.observedAt ?? "arrival")
            }
            Console.say("\n" + table.text)
        }
    }
}
