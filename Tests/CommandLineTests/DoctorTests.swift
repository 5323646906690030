import Foundation
import Testing

@Suite("bastide doctor")
struct DoctorTests {
    /// A city with three devices, the second named so that its bytes can be found.
    private func city() throws -> TestCity {
        let city = try TestCity()
        try city.enrol("gauge-1", "--name", "First gauge")
        try city.enrol("gauge-2", "--name", "Second gauge")
        try city.enrol("gauge-3", "--name", "Third gauge")
        try city.settle()
        return city
    }

    @Test("finds nothing wrong with a new city")
    func healthy() throws {
        let city = try city()
        let outcome = try Program.run("doctor", city.path)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("All is in order"))
        let json = try Program.run("doctor", city.path, "--json").json()
        #expect(json["problems"] as? Int == 0)
    }

    /// Harm done to a city, and what the doctor must say of it.
    struct Harm: CustomStringConvertible, Sendable {
        let description: String
        let check: String
        let message: String
        let harm: @Sendable (TestCity) throws -> Void
    }

    @Test(
        "names what is wrong, and what to do",
        arguments: [
            Harm(description: "a key others can read", check: "permissions", message: "issuing.key") { city in
                chmod(city.path + "/pki/issuing.key", 0o644)
            },
            Harm(description: "a journal others can read", check: "permissions", message: "journal.sqlite") { city in
                chmod(city.path + "/data/journal.sqlite", 0o644)
            },
            Harm(description: "a setting that is wrong", check: "configuration", message: "city.yaml:") { city in
                try city.folder.tamper("city/city.yaml", "level: info", "level: loud")
            },
            Harm(description: "another ledger's public key", check: "ledger key", message: "not the public half") {
                city in
                try city.folder.tamper("city/ledger/ledger.pub", "testham.example/ledger+", "bestham.example/ledger+")
            },
            Harm(description: "a lost ledger key", check: "ledger key", message: "cannot be read") { city in
                try FileManager.default.removeItem(atPath: city.path + "/ledger/ledger.key")
            },
            Harm(description: "a server key of another certificate", check: "server", message: "not the key") { city in
                let manager = FileManager.default
                try manager.removeItem(atPath: city.path + "/pki/server.key")
                try manager.copyItem(atPath: city.path + "/pki/issuing.key", toPath: city.path + "/pki/server.key")
            },
            Harm(description: "an issuing key that is gone", check: "authority", message: "issuing.key") { city in
                try FileManager.default.removeItem(atPath: city.path + "/pki/issuing.key")
            },
            Harm(description: "a catalogue that is wrong", check: "catalogue", message: "catalogue.yaml:1") { city in
                try city.folder.write("dataModel: {}\n", to: "city/catalogue.yaml")
            },
            Harm(description: "a reading changed in the journal", check: "batches", message: "batch 3") { city in
                try city.folder.tamper("city/data/journal.sqlite", "Second gauge", "Sekond gauge")
            },
            Harm(description: "a leaf changed in the journal", check: "batches", message: "batch 3") { city in
                try city.folder.tamper("city/data/journal.sqlite", "{\"batch\":3,", "{\"batch\":4,")
            },
            Harm(description: "a checkpoint changed", check: "ledger", message: "checkpoint over") { city in
                try city.folder.tamper(
                    "city/data/journal.sqlite", "testham.example/ledger\n", "testham.example/lodger\n")
            },
            Harm(description: "a journal cut off", check: "journal file", message: "") { city in
                truncate(city.path + "/data/journal.sqlite", 20_000)
            },
            Harm(description: "a journal that is none", check: "journal", message: "damaged") { city in
                try city.folder.write("this is a letter\n", to: "city/data/journal.sqlite")
            },
            Harm(description: "views that are none", check: "views file", message: "damaged") { city in
                try city.folder.write("this is a letter\n", to: "city/data/views.sqlite")
            },
        ])
    func harmed(_ harm: Harm) throws {
        let city = try city()
        try harm.harm(city)
        let outcome = try Program.run("doctor", city.path, "--json")
        #expect(outcome.status == 2, "\(outcome)")
        let checks = try #require(try outcome.json()["checks"] as? [[String: Any]])
        let found = checks.first { $0["name"] as? String == harm.check && $0["state"] as? String == "problem" }
        #expect(found != nil, "\(outcome)")
        let words = found?["found"] as? String ?? ""
        #expect(harm.message.isEmpty || words.contains(harm.message), "\(outcome)")
        #expect((found?["advice"] as? String)?.isEmpty == false, "\(outcome)")
    }

    @Test("the stores are their owner's alone, and a city that was made otherwise is closed when it is opened")
    func ownersAlone() throws {
        let city = try city()
        for name in ["journal.sqlite", "views.sqlite"] {
            #expect(try city.folder.mode(of: "city/data/\(name)") == 0o600, "\(name)")
            chmod(city.path + "/data/\(name)", 0o644)
        }
        #expect(try city.run("status").status == 0)
        for name in try FileManager.default.contentsOfDirectory(atPath: city.path + "/data")
        where name.contains(".sqlite") {
            #expect(try city.folder.mode(of: "city/data/\(name)") == 0o600, "\(name)")
        }
    }

    @Test("without the ledger's key it goes on with ledger.pub, and without both it says what is not checked")
    func withoutKey() throws {
        let city = try city()
        try FileManager.default.removeItem(atPath: city.path + "/ledger/ledger.key")
        let half = try Program.run("doctor", city.path)
        #expect(half.status == 2 && half.output.contains("signed checkpoints hold"), "\(half)")
        try FileManager.default.removeItem(atPath: city.path + "/ledger/ledger.pub")
        let none = try Program.run("doctor", city.path)
        #expect(none.status == 2 && none.output.contains("not checked"), "\(none)")
    }

    @Test("a limit of open files that is too low for `mqtt.maximumConnections` is told")
    func openFiles() throws {
        let city = try city()
        let few = try Program.run(
            ["-c", "ulimit -n 256 && exec \"$0\" doctor \"$1\" --json", Program.path, city.path], by: "/bin/sh")
        let checks = try #require(try few.json()["checks"] as? [[String: Any]])
        let found = checks.first { $0["name"] as? String == "open files" }
        #expect(found?["state"] as? String == "notice", "\(few)")
        #expect((found?["found"] as? String)?.contains("at most 256") == true, "\(few)")
    }

    @Test(
        "a journal that lost its end is told by what remembers more, refused, and salvaged with what is missing named",
        arguments: ["views", "checkpoint"])
    func lostEnd(evidence: String) throws {
        let city = try city()
        let manager = FileManager.default
        let journal = city.path + "/data/journal.sqlite"
        let older = city.folder.path + "/older"
        try manager.copyItem(atPath: journal, toPath: older)
        try city.enrol("gauge-4")
        try city.settle()
        for suffix in ["", "-wal", "-shm"] { try? manager.removeItem(atPath: journal + suffix) }
        try manager.copyItem(atPath: older, toPath: journal)
        let views = ["", "-wal", "-shm"].map { "data/views.sqlite\($0)" }
        for name in evidence == "views" ? ["ledger/checkpoint"] : views {
            try? manager.removeItem(atPath: city.path + "/" + name)
        }

        let checkup = try Program.run("doctor", city.path, "--json")
        #expect(checkup.status == 2, "\(checkup)")
        let checks = try #require(try checkup.json()["checks"] as? [[String: Any]])
        let found = checks.filter { $0["state"] as? String == "problem" }
        #expect(found.count == 1, "\(checkup)")
        #expect(found.first?["name"] as? String == (evidence == "views" ? "journal" : "ledger"), "\(checkup)")
        #expect((found.first?["found"] as? String)?.contains("newest") == true, "\(checkup)")
        #expect((found.first?["advice"] as? String)?.contains("--salvage") == true, "\(checkup)")
        let refused = try city.run("device", "list")
        #expect(refused.status == 74 && refused.complaint.contains("batches are missing"), "\(refused)")

        let saved = city.folder.path + "/saved"
        let salvage = try Program.run("doctor", city.path, "--salvage", saved, "--json")
        #expect(salvage.status == 0, "\(salvage)")
        let report = try salvage.json()
        #expect((report["lost"] as? [[String: Any]])?.first?["batch"] as? Int == 5, "\(salvage)")
        #expect(report["batchesKept"] as? Int == 4, "\(salvage)")
        #expect(report["devices"] as? Int == (evidence == "views" ? 4 : 3), "a device is known to the views")
        #expect(try Program.run("doctor", saved).status == 0)
    }

    @Test("salvages what is whole, with the same keys, and says what is lost")
    func salvage() throws {
        let city = try city()
        let proof = city.folder.path + "/proof.json"
        let proven = try city.run(
            "ledger", "prove", "--entity", "urn:ngsi-ld:Device:gauge-3", "--attribute", "name", "--out", proof)
        try #require(proven.status == 0, "\(proven)")
        try city.settle()
        try city.folder.tamper("city/data/journal.sqlite", "Second gauge", "Sekond gauge")
        let saved = city.folder.path + "/saved"
        try city.folder.write("7\n", to: "city/demo.seed")
        let outcome = try Program.run("doctor", city.path, "--salvage", saved, "--json")
        #expect(outcome.status == 0, "\(outcome)")
        let report = try outcome.json()
        let lost = try #require(report["lost"] as? [[String: Any]])
        #expect(lost.count == 1 && lost[0]["batch"] as? Int == 3, "\(outcome)")
        #expect(report["batchesKept"] as? Int == 3)
        #expect(report["devices"] as? Int == 3)
        let checkup = try Program.run("doctor", saved)
        #expect(checkup.status == 0, "\(checkup)")
        #expect(try city.folder.text("saved/demo.seed") == "7\n", "a demo town goes on as one")
        let again = try Program.run(
            "ledger", "prove", "--entity", "urn:ngsi-ld:Device:gauge-3", "--attribute", "name", "--city", saved,
            "--out",
            proof)
        #expect(again.status == 0, "\(again)")
        let verified = try Program.run("ledger", "verify", proof, "--key-file", city.path + "/ledger/ledger.pub")
        #expect(verified.status == 0, "\(verified)")
        #expect(try Program.run("device", "add", "gauge-4", "--city", saved).status == 0)
    }

    @Test("a salvage goes into an empty directory alone, and leaves none when there is nothing to save")
    func salvageRefused() throws {
        let city = try city()
        let full = try Program.run("doctor", city.path, "--salvage", city.folder.path)
        #expect(full.status == 73, "\(full)")
        try city.folder.write("this is a letter\n", to: "city/data/journal.sqlite")
        let nothing = try Program.run("doctor", city.path, "--salvage", city.folder.path + "/saved")
        #expect(nothing.status == 74, "\(nothing)")
        #expect(!city.folder.exists("saved/city.yaml"))
    }

    @Test("is not called to where no city is")
    func nowhere() throws {
        let folder = try TemporaryFolder()
        #expect(try Program.run("doctor", folder.path).status == 69)
    }
}
