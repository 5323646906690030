import Foundation
import Testing

@Suite("Bridges in city.yaml")
struct BridgeConfigurationTests {
    /// A city.yaml whose bridges begin in line 3.
    private func city(_ bridges: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("city: {name: Testham, domain: testham.example}\nbridges:\n\(bridges)\n", to: "city.yaml")
        return folder
    }

    /// A bridge that is as it must be, but for `key`.
    private static func bridge(_ changed: [String: String]) -> String {
        var keys = ["name": "old", "address": "127.0.0.1:1883", "tls": "none", "out": "[{topic: a}]"]
        keys.merge(changed) { _, new in new }
        return "  - {" + keys.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
    }

    struct Mistake: CustomStringConvertible, Sendable {
        let changed: [String: String]
        let expected: String

        init(_ changed: [String: String], _ expected: String) {
            (self.changed, self.expected) = (changed, expected)
        }

        var description: String { "\(changed)" }
    }

    @Test(
        "a mistake is told with file, line and what was expected",
        arguments: [
            Mistake(["name": "'a b'"], "expected 1 to 64 letters"),
            Mistake(["address": "somewhere"], "expected a host and a port"),
            Mistake(["address": "mqtt.example:1883"], "without TLS everybody on the way"),
            Mistake(["tls": "maybe"], "or `none`, found `maybe`"),
            Mistake(["tls": "{certificate: a.pem}"], "`certificate` and `key` belong together"),
            Mistake(["tls": "{roots: a.pem}"], "unknown key `roots`; expected one of `authority`"),
            Mistake(["version": "4"], "expected `5` or `3.1.1`"),
            Mistake(["passwordFile": "secret"], "expected `userName` beside it"),
            Mistake(["keepAliveSeconds": "1"], "expected a whole number from 5 to 65535"),
            Mistake(["dataClass": "personal"], "expected `public`, `internal` or `restricted`"),
            Mistake(["password": "secret"], "unknown key `password`"),
            Mistake(["out": "[]"], "expected at least one line below `in` or `out`"),
            Mistake(["out": "a"], "expected a list of lines"),
            Mistake(["out": "[{topic: 'a/#/b'}]"], "out[0]`: topic filter `a/#/b`"),
            Mistake(["out": "[{topic: a, qos: 3}]"], "expected a whole number from 0 to 2"),
            Mistake(["out": "[{topic: a, device: b}]"], "unknown key `device`"),
            Mistake(["in": "[{topic: a, device: 'x{', channel: v}]"], "`device`: expected a device's name"),
            Mistake(["in": "[{topic: a, device: 'x{1}'}]"], "needs 1 levels `+`"),
            Mistake(["in": "[{topic: a, device: x, localPrefix: b/}]"], "exclude each other"),
            Mistake(["in": "[{topic: a, channel: v}]"], "`channel` needs `device`"),
            Mistake(["in": "[{topic: a, device: x, channel: command}]"], "expected `v`, `ngsi-ld` or one below `app/`"),
            Mistake(["in": "[{topic: '#', localPrefix: city/water/}]"], "is the city's own topic; expected `device`"),
            Mistake(["in": "[{topic: '#', localPrefix: $SYS/}]"], "is the city's own topic"),
        ])
    func mistakes(_ mistake: Mistake) throws {
        let city = try city(BridgeConfigurationTests.bridge(mistake.changed))
        let outcome = try Program.run("status", "--city", city.path)
        #expect(outcome.status == 78, "\(outcome)")
        #expect(outcome.complaint.contains("city.yaml:3: "), "\(outcome)")
        #expect(outcome.complaint.contains(mistake.expected), "\(outcome)")
    }

    @Test("what is required is asked for", arguments: ["name", "address", "tls"])
    func missing(_ key: String) throws {
        let keys = ["name: old", "address: 127.0.0.1:1883", "tls: none", "out: [{topic: a}]"].filter {
            !$0.hasPrefix(key)
        }
        let city = try city("  - {\(keys.joined(separator: ", "))}")
        let outcome = try Program.run("status", "--city", city.path)
        #expect(outcome.status == 78)
        #expect(outcome.complaint.contains("`\(key)` is missing; expected"), "\(outcome)")
    }

    @Test("two bridges of one name, and two that would take each other's session over, are refused")
    func twice() throws {
        let bridge = BridgeConfigurationTests.bridge
        let names = try city([bridge([:]), bridge(["address": "127.0.0.1:1884"])].joined(separator: "\n"))
        let first = try Program.run("status", "--city", names.path)
        #expect(first.complaint.contains("city.yaml:4: `name`: the bridge in line 3 has the name already"), "\(first)")
        let sessions = try city(
            [bridge(["clientIdentifier": "x"]), bridge(["name": "new", "clientIdentifier": "x"])].joined(
                separator: "\n"))
        let second = try Program.run("status", "--city", sessions.path)
        #expect(second.complaint.contains("city.yaml:4: `clientIdentifier`"), "\(second)")
    }

    @Test("in 3.1.1, lines that would make an echo are refused, and both are named; in 5 they are not")
    func echoes() throws {
        func bridges(_ version: String) -> String {
            """
              - name: old
                address: 127.0.0.1:1883
                tls: none
                version: \(version)
                in:
                  - topic: "shared/#"
                out:
                  - topic: "shared/+"
            """
        }
        let (refused, accepted) = (try city(bridges("3.1.1")), try city(bridges("5")))
        let old = try Program.run("status", "--city", refused.path)
        #expect(old.status == 78)
        #expect(
            old.complaint.contains(
                "city.yaml:10: `out`: what is given out as `shared/+` would come in again by line 8, `shared/#`"),
            "\(old)")
        let new = try Program.run("settings", "--city", accepted.path)
        #expect(new.status == 0, "\(new)")
    }

    @Test("what `settings` prints of a bridge can be given in the environment, and means the same")
    func roundTrip() throws {
        let bridge = """
              - name: old
                address: mqtt.example:8883
                tls: {authority: ca.pem, certificate: c.pem, key: /etc/k.pem, serverName: broker.example}
                version: 3.1.1
                userName: city
                passwordFile: secret
                dataClass: restricted
                in:
                  - {topic: "+/state", remotePrefix: plant/, device: "gauge-{1}", channel: ngsi-ld, qos: 2}
                  - {topic: "#", remotePrefix: far/, localPrefix: near/}
                out: [{topic: "lamps/#", qos: 0, remotePrefix: old/}]
            """
        let city = try city(bridge)
        func value(_ environment: [String: String] = [:]) throws -> String {
            let outcome = try Program.run("settings", "--city", city.path, "--json", environment: environment)
            let list = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]]
            let setting = try #require(list?.first { $0["key"] as? String == "bridges" }, "\(outcome)")
            return try #require(setting["value"] as? String, "\(outcome)")
        }
        let first = try value()
        #expect(first.contains("\(city.path)/ca.pem"), "relative paths are meant from where city.yaml is: \(first)")
        #expect(try value(["BASTIDE_BRIDGES": first]) == first)
    }
}
