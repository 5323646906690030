import Foundation
import Testing

@Suite("bastide device and operator, without a server")
struct DeviceTests {
    @Test("a device gets a key of its own, a chain that OpenSSL accepts, and commands to try")
    func enrolment() throws {
        let city = try TestCity()
        let outcome = try city.run("device", "add", "gauge-7", "--type", "water-meter", "--location", "4.89,52.37")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try city.folder.mode(of: "city/devices/gauge-7/device.key") == 0o600)
        #expect(try city.folder.mode(of: "city/devices/gauge-7/device.crt") == 0o644)
        #expect(outcome.output.contains("mosquitto_pub"))
        #expect(outcome.output.contains("-t devices/gauge-7/v -m '{\"flow\":1}'"), "\(outcome)")
        #expect(outcome.output.contains("/api/v1/devices/gauge-7/readings"))
        let folder = "\(city.path)/devices/gauge-7"
        let check = Process()
        check.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        check.arguments = [
            "verify", "-CAfile", "\(folder)/ca.crt", "-untrusted", "\(folder)/device.crt", "\(folder)/device.crt",
        ]
        check.standardOutput = FileHandle.nullDevice
        try check.run()
        check.waitUntilExit()
        #expect(check.terminationStatus == 0)
    }

    @Test("list, show, suspend, resume and revoke say the same in JSON as in words")
    func lifecycle() throws {
        let city = try TestCity()
        try city.enrol("gauge-7", "--name", "Mill gauge")
        #expect(try city.run("device", "list").output.contains("gauge-7"))
        let suspended = try city.run("device", "suspend", "gauge-7", "--reason", "cabinet open")
        #expect(suspended.output == "gauge-7 is suspended: cabinet open\n")
        let shown = try city.run("device", "show", "gauge-7", "--json").json()
        #expect(shown["status"] as? String == "suspended")
        #expect(shown["statusReason"] as? String == "cabinet open")
        #expect(shown["spiffeId"] as? String == "spiffe://testham.example/agency/city/device/gauge-7")
        #expect(try city.run("device", "list", "--status", "active").output == "no devices\n")
        #expect(try city.run("device", "resume", "gauge-7").status == 0)
        #expect(try city.run("device", "revoke", "gauge-7").status == 0)
        let late = try city.run("device", "resume", "gauge-7")
        #expect(late.status == 1)
        #expect(late.complaint.contains("revoked for good"), "\(late)")
    }

    @Test("a device is not enrolled twice unless it is to be replaced; then its certificate is another")
    func replacement() throws {
        let city = try TestCity()
        try city.enrol("gauge-7")
        let before = try city.folder.text("city/devices/gauge-7/device.crt")
        let again = try city.run("device", "add", "gauge-7")
        #expect(again.status == 73, "\(again)")
        let elsewhere = try city.run("device", "add", "gauge-7", "--out", city.folder.path + "/other")
        #expect(elsewhere.status == 1)
        #expect(elsewhere.complaint.contains("enrolled already"), "\(elsewhere)")
        #expect(!city.folder.exists("other/device.key"))
        #expect(try city.run("device", "add", "gauge-7", "--replace").status == 0)
        #expect(try city.folder.text("city/devices/gauge-7/device.crt") != before)
    }

    @Test(
        "what cannot be is refused with what would do",
        arguments: [
            (["device", "add", "gauge 7"], "cannot name a device"),
            (["device", "add", "../gauge"], "cannot name a device"),
            (["device", "add", "gauge", "--type", "toaster"], "no device type `toaster`"),
            (["device", "add", "gauge", "--days", "4000"], "1 to 3650 days"),
            (["device", "add", "gauge", "--entity", "not a uri"], "is not a URI"),
            (["device", "show", "nobody"], "no device `nobody`"),
            (["operator", "password", "nobody"], "no account `nobody`"),
            (["operator", "certificate", "nobody"], "no account `nobody`"),
            (["operator", "add", "ada"], "an account `ada` already"),
            (["alert", "acknowledge", "99"], "no alert 99"),
        ])
    func refusals(arguments: [String], message: String) throws {
        let city = try TestCity()
        let outcome = try Program.run(arguments + ["--city", city.path])
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.complaint.contains(message), "\(outcome)")
    }

    @Test("what is refused leaves nothing behind, and what was there stays")
    func nothingLeft() throws {
        let city = try TestCity()
        #expect(try city.run("device", "add", "gauge", "--type", "toaster").status == 1)
        #expect(!city.folder.exists("city/devices/gauge"))
        #expect(try city.run("operator", "certificate", "nobody").status == 1)
        #expect(!city.folder.exists("city/operators/nobody"))
        try FileManager.default.createDirectory(
            atPath: city.path + "/devices/gauge", withIntermediateDirectories: true)
        try city.folder.write("mine", to: "city/devices/gauge/letter.txt")
        #expect(try city.run("device", "add", "gauge", "--type", "toaster").status == 1)
        #expect(city.folder.exists("city/devices/gauge/letter.txt"))
    }

    @Test("a password comes from standard input, never from an argument, and must be long enough")
    func passwords() throws {
        let city = try TestCity()
        let added = try city.run(
            "operator", "add", "grace", "--role", "auditor", "--password-stdin", input: "long enough 1\n")
        #expect(added.status == 0, "\(added)")
        #expect(!added.output.contains("long enough 1"))
        let short = try city.run("operator", "password", "grace", "--password-stdin", input: "short\n")
        #expect(short.status == 1)
        #expect(short.complaint.contains("at least 10 characters"), "\(short)")
        let none = try city.run("operator", "password", "grace", "--password-stdin")
        #expect(none.status == 1)
        let made = try city.run("operator", "password", "grace", "--json").json()
        #expect((made["password"] as? String)?.count == 24)
        #expect(made["role"] as? String == "auditor")
    }

    @Test("an operator's certificate is written like a device's")
    func operatorCertificate() throws {
        let city = try TestCity()
        let outcome = try city.run("operator", "certificate", "ada", "--out", city.folder.path + "/ada")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try city.folder.mode(of: "ada/operator.key") == 0o600)
    }

    @Test("a command finds its city by flag, environment or current directory, and says so when it finds none")
    func finding() throws {
        let city = try TestCity()
        let elsewhere = try TemporaryFolder()
        #expect(try Program.run("device", "list", in: city.path).status == 0)
        #expect(
            try Program.run("device", "list", environment: ["BASTIDE_CITY": city.path], in: elsewhere.path).status == 0)
        let lost = try Program.run("device", "list", in: elsewhere.path)
        #expect(lost.status == 69)
        #expect(lost.complaint.contains("--city DIR"), "\(lost)")
        let wrong = try Program.run("device", "list", "--city", elsewhere.path)
        #expect(wrong.status == 69)
        #expect(wrong.complaint.contains("bastide init"), "\(wrong)")
    }
}
