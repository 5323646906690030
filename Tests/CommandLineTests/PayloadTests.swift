import Foundation
import Testing

@Suite("bastide payload")
struct PayloadTests {
    @Test("a payload is tried without a city: what would change, in the catalogue's units")
    func tried() throws {
        let telegram = #"{"Time":"2026-01-15T08:00:00","ENERGY":{"Power":57,"Voltage":231}}"#
        let outcome = try Program.run("payload", "try", "--topic", "tele/plug-7/SENSOR", "-", input: telegram)
        #expect(outcome.status == 0, "\(outcome)")
        for expected in ["tasmota-energy", "plug-7", "ENERGY.Power", "totalActivePower", "WTT", "2026-01-15T08:00:00Z"]
        {
            #expect(outcome.output.contains(expected), "\(expected): \(outcome)")
        }
        let json = try Program.run("payload", "try", "--topic", "tele/plug-7/SENSOR", "-", "--json", input: telegram)
            .json()
        let changes = try #require(json["changes"] as? [[String: Any]])
        #expect(changes.map { $0["attribute"] as? String } == ["totalActivePower", "voltage"])
        #expect(changes.map { $0["value"] as? Double } == [57, 231])
    }

    @Test("what would be refused is told as the city would, with exit code 1")
    func refused() throws {
        let cases: [([String], String, String)] = [
            (["--topic", "tele/plug-7/SENSOR"], #"{"ENERGY":{"Powr":1}}"#, "at `$.ENERGY.Powr`: expected one of"),
            (["--topic", "tele/plug-7/SENSOR"], "{", "at `$`, line 1"),
            (["--topic", "nothing/like/it"], "1", "no layout has the topic"),
            (["--layout", "nothing"], "1", "there is no layout `nothing`"),
            (["--layout", "tasmota-power", "--type", "sensor"], "ON", "is for devices of the types `smart-plug`"),
            (["--topic", "spBv1.0/g/NDATA/n"], "", "NDATA before NBIRTH"),
        ]
        for (arguments, payload, message) in cases {
            let outcome = try Program.run(["payload", "try", "-"] + arguments, input: payload)
            #expect(outcome.status == 1, "\(arguments): \(outcome)")
            #expect(outcome.complaint.contains(message), "\(arguments): \(outcome)")
        }
        #expect(try Program.run("payload", "try", "-").status == 64)
        #expect(try Program.run("payload", "try", "/nowhere", "--topic", "x").status == 74)
    }

    @Test("the city's own payloads.yaml counts; a mistake in it stops commands and is found by the doctor")
    func own() throws {
        let city = try TestCity()
        let file = city.path + "/payloads.yaml"
        let layout = """
            layouts:
              mine:
                payload: text
                deviceTypes: sensor
                topics: own/{device}
                values: {$: {attribute: value, as: number}}
            """
        try layout.write(toFile: file, atomically: true, encoding: .utf8)
        let list = try Program.run("payload", "list", "--city", city.path)
        #expect(
            list.status == 0 && list.output.contains("own/{device}") && list.output.contains("tasmota-energy"),
            "\(list)")
        let tried = try Program.run("payload", "try", "--city", city.path, "--topic", "own/x", "-", input: "7.5")
        #expect(tried.output.contains("7.5"), "\(tried)")
        #expect(try Program.run("doctor", city.path).output.contains("the city's own included"))
        try (layout + "\n    unit: CEL").write(toFile: file, atomically: true, encoding: .utf8)
        for arguments in [["payload", "list", "--city", city.path], ["device", "list", "--city", city.path]] {
            let outcome = try Program.run(arguments)
            #expect(outcome.status == 78, "\(outcome)")
            #expect(outcome.complaint.contains("payloads.yaml:7: unknown key `unit`"), "\(outcome)")
        }
        let doctor = try Program.run("doctor", city.path)
        #expect(doctor.status == 2 && doctor.output.contains("unknown key `unit`"), "\(doctor)")
    }

    @Test("the file that ships is printed, and is a mapping")
    func shipped() throws {
        let outcome = try Program.run("payload", "shipped")
        #expect(outcome.status == 0)
        let folder = try TemporaryFolder()
        let file = folder.path + "/payloads.yaml"
        try outcome.output.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try Program.run("payload", "list", "--mapping", file).output.contains(file))
    }
}
