import Foundation
import Testing

@Suite("city.yaml")
struct ConfigurationTests {
    /// A line that is wrong, what stands in its place, and what the message must say of it.
    struct Mistake: CustomStringConvertible, Sendable {
        let line: Int
        let text: String
        let expected: String

        var description: String { text }
    }

    @Test(
        "a mistake is told with file, line and what was expected",
        arguments: [
            Mistake(line: 4, text: "mqtt: 8883", expected: "expected an address and a port"),
            Mistake(line: 4, text: "mqtt: 0.0.0.0:70000", expected: "expected an address and a port"),
            Mistake(line: 4, text: "mqtt: [a, b]", expected: "found a list"),
            Mistake(
                line: 4, text: "mqtts: 0.0.0.0:8883",
                expected: "unknown key `mqtts`; expected one of `mqtt`, `mqttWebSocket`, `https`"),
            Mistake(line: 5, text: "listening: {}", expected: "unknown key `listening`; expected one of `city`"),
            Mistake(line: 5, text: "mqtt: {maximumPacketBytes: many}", expected: "expected a whole number from 1024"),
            Mistake(
                line: 5, text: "mqtt: {receiveMaximum: 65536}", expected: "expected a whole number from 1 to 65535"),
            Mistake(line: 5, text: "server: {names: []}", expected: "expected a list of DNS names"),
            Mistake(line: 5, text: "server: {names: [a, 'b c']}", expected: "`server.names[1]`: expected a DNS name"),
            Mistake(line: 5, text: "map: {tileURL: 'http://a/{z}/{x}/{y}'}", expected: "an https URL"),
            Mistake(line: 5, text: "zones: {street: {networks: [10.0.0.1/8]}}", expected: "expected a network"),
            Mistake(line: 5, text: "zones: {street: {network: [10.0.0.0/8]}}", expected: "unknown key `network`"),
            Mistake(line: 5, text: "zones: {'a b': {}}", expected: "a zone's name"),
            Mistake(line: 5, text: "logging: {level: loud}", expected: "expected one of trace, debug, info"),
            Mistake(line: 5, text: "logging: info", expected: "expected a mapping"),
            Mistake(line: 5, text: "simulation: perhaps", expected: "expected `true` or `false`"),
        ])
    func mistakes(_ mistake: Mistake) throws {
        let city = try minimal(
            """
            city: {name: Testham, domain: testham.example}

            listen:
              \(mistake.line == 4 ? mistake.text : "https: 0.0.0.0:8443")
            \(mistake.line == 5 ? mistake.text : "")
            """)
        let outcome = try Program.run("status", "--city", city.path)
        #expect(outcome.status == 78, "\(outcome)")
        #expect(outcome.complaint.contains("city.yaml:\(mistake.line): "), "\(outcome)")
        #expect(outcome.complaint.contains(mistake.expected), "\(outcome)")
    }

    @Test("all mistakes are told at once")
    func allAtOnce() throws {
        let city = try minimal("city: {name: Testham}\nlisten: {mqtt: here}\nlogging: {format: xml}\n")
        let outcome = try Program.run("status", "--city", city.path)
        #expect(outcome.status == 78)
        for expected in ["`city.domain` is missing", "city.yaml:2: `listen.mqtt`", "city.yaml:3: `logging.format`"] {
            #expect(outcome.complaint.contains(expected), "\(expected)\n\(outcome)")
        }
    }

    @Test("text that is not YAML is told with its line, and nothing else is")
    func notYAML() throws {
        let city = try minimal("city:\n  name: \"Testham\n")
        let outcome = try Program.run("status", "--city", city.path)
        #expect(outcome.status == 78)
        #expect(outcome.complaint.contains("city.yaml:3: not YAML"), "\(outcome)")
        #expect(!outcome.complaint.contains("missing"), "\(outcome)")
    }

    @Test("the environment overrides the file, and a mistake there is told by the variable's name")
    func environment() throws {
        let city = try minimal("city: {name: Testham, domain: testham.example}\n")
        let names = ["BASTIDE_LISTEN_MQTT": "127.0.0.1:1", "BASTIDE_SERVER_NAMES": "a.example, 192.0.2.7"]
        let settings = try Program.run("settings", "--city", city.path, environment: names)
        #expect(settings.output.contains("127.0.0.1:1  (from environment)"), "\(settings)")
        #expect(settings.output.contains("[a.example, 192.0.2.7]  (from environment)"), "\(settings)")
        let wrong = try Program.run("settings", "--city", city.path, environment: ["BASTIDE_SIMULATION": "perhaps"])
        #expect(wrong.status == 78)
        #expect(wrong.complaint.contains("environment BASTIDE_SIMULATION: expected `true` or `false`"), "\(wrong)")
    }

    @Test(
        "a flag overrides the environment, and a mistake in one is told by the flag's own name",
        arguments: [
            (["--mqtt", "nonsense"], "--mqtt: expected an address and a port"),
            (["--https", "nonsense"], "--https: expected an address and a port"),
            (["--set", "logging.level=loud"], "--set logging.level: expected one of trace, debug, info"),
            (["--set", "listening=1"], "--set listening: expected KEY=VALUE"),
            (["--set", "simulation"], "--set simulation: expected KEY=VALUE"),
        ])
    func flags(flags: [String], complaint: String) throws {
        let city = try minimal("city: {name: Testham, domain: testham.example}\n")
        let outcome = try Program.run(
            ["serve", city.path] + flags,
            environment: ["BASTIDE_LISTEN_MQTT": "127.0.0.1:0", "BASTIDE_LISTEN_HTTPS": "127.0.0.1:0"])
        #expect(outcome.status == 78, "\(outcome)")
        #expect(outcome.complaint.contains(complaint), "\(outcome)")
    }

    @Test("docs/operations.md has the settings that there are")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/operations.md"), encoding: .utf8)
        let begin = try #require(text.range(of: "<!-- settings: what `bastide settings --markdown` prints -->\n"))
        let end = try #require(text.range(of: "<!-- settings: end -->"))
        let outcome = try Program.run("settings", "--markdown")
        #expect(text[begin.upperBound..<end.lowerBound] == outcome.output, "put its output between the two marks")
    }

    @Test("zones can be given in the environment as YAML or JSON")
    func zonesInEnvironment() throws {
        let city = try minimal("city: {name: Testham, domain: testham.example}\n")
        let zones = #"{"street": {"networks": ["10.20.0.0/16", "2001:db8::/32"]}}"#
        let outcome = try Program.run("settings", "--city", city.path, environment: ["BASTIDE_ZONES": zones])
        #expect(outcome.output.contains("street: {networks: [\"10.20.0.0/16\", \"2001:db8::/32\"]}"), "\(outcome)")
    }

    /// A folder that holds nothing but this city.yaml.
    private func minimal(_ yaml: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(yaml, to: "city.yaml")
        return folder
    }
}
