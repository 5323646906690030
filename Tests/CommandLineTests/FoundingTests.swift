import Foundation
import Testing

@Suite("bastide init")
struct FoundingTests {
    @Test("makes a city whose secrets are their owner's alone")
    func permissions() throws {
        let city = try TestCity()
        for folder in ["city", "city/pki", "city/ledger", "city/data", "city/run", "city/devices"] {
            #expect(try city.folder.mode(of: folder) == 0o700, "\(folder)")
        }
        for secret in ["pki/root.key", "pki/issuing.key", "pki/server.key", "ledger/ledger.key"] {
            #expect(try city.folder.mode(of: "city/\(secret)") == 0o600, "\(secret)")
        }
        #expect(try city.folder.text("city/ledger/ledger.pub").hasPrefix("testham.example/ledger+"))
    }

    @Test("makes the first operator with a password that is kept nowhere")
    func password() throws {
        let city = try TestCity()
        #expect(city.password.count == 24)
        let people = try city.run("operator", "list")
        #expect(people.output.contains("ada"), "\(people)")
        for file in ["city.yaml", "data/journal.sqlite", "data/views.sqlite"] {
            let bytes = try Data(contentsOf: city.folder.url("city/\(file)"))
            #expect(bytes.range(of: Data(city.password.utf8)) == nil, "\(file)")
        }
    }

    @Test("writes a city.yaml that explains every setting and is valid")
    func configuration() throws {
        let city = try TestCity()
        let yaml = try city.folder.text("city/city.yaml")
        let settings = try Program.run("settings", "--city", city.path, "--json")
        #expect(settings.status == 0, "\(settings)")
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(settings.output.utf8)) as? [[String: Any]])
        #expect(rows.count >= 16)
        for row in rows {
            let environment = try #require(row["environment"] as? String)
            #expect(yaml.contains(environment), "\(environment) is not explained")
        }
    }

    @Test("refuses a directory that is not empty, and changes nothing in it")
    func notEmpty() throws {
        let folder = try TemporaryFolder()
        try folder.write("mine", to: "letter.txt")
        let outcome = try Program.run("init", folder.path)
        #expect(outcome.status == 73)
        #expect(outcome.complaint.contains("is not empty"), "\(outcome)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["letter.txt"])
    }

    @Test("refuses to found a city where there is one")
    func twice() throws {
        let city = try TestCity()
        let before = try city.folder.text("city/ledger/ledger.key")
        let outcome = try Program.run("init", city.path)
        #expect(outcome.status == 73)
        #expect(outcome.complaint.contains("already holds a city"), "\(outcome)")
        #expect(try city.folder.text("city/ledger/ledger.key") == before)
    }

    @Test(
        "nothing but founding begins a journal: a city that lost its own is refused, and nothing is made in its place",
        arguments: ["data", "data/journal.sqlite"])
    func lostJournal(name: String) throws {
        let city = try TestCity()
        #expect(city.folder.exists("city/ledger/checkpoint"))
        try FileManager.default.removeItem(atPath: city.path + "/" + name)
        for arguments in [["serve", city.path, "--mqtt", "127.0.0.1:0"], ["operator", "list", "--city", city.path]] {
            let outcome = try Program.run(arguments)
            #expect(outcome.status == 74, "\(outcome)")
            #expect(outcome.complaint.contains("city/data/journal.sqlite: it is not there"), "\(outcome)")
        }
        #expect(!city.folder.exists("city/" + name))
    }

    @Test(
        "refuses names that cannot be, and leaves nothing behind",
        arguments: [
            ["--domain", "Not A Domain"], ["--domain", "city_.example"], ["--city", String(repeating: "x", count: 65)],
            ["--operator", "ada lovelace"], ["--server-name", "not/a/name"], ["--city", ""],
        ])
    func unfitNames(arguments: [String]) throws {
        let folder = try TemporaryFolder()
        let outcome = try Program.run(["init", folder.path + "/city"] + arguments)
        #expect(outcome.status == 78 || outcome.status == 1, "\(outcome)")
        #expect(!folder.exists("city"))
    }
}
