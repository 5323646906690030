import Foundation
import Testing

@Suite("bastide ledger")
struct LedgerTests {
    /// A city with a device, its key, and a proof of the device's name.
    private struct Proven {
        let city: TestCity
        var key: String { city.path + "/ledger/ledger.pub" }
        var proof: String { city.folder.path + "/proof.json" }

        init() throws {
            city = try TestCity()
            try city.enrol("gauge-7", "--name", "Mill gauge")
            let outcome = try city.run(
                "ledger", "prove", "--entity", "urn:ngsi-ld:Device:gauge-7", "--attribute", "name", "--out",
                city.folder.path + "/proof.json")
            try #require(outcome.status == 0, "\(outcome)")
        }

        func verify(_ more: String...) throws -> Program.Outcome {
            try Program.run(["ledger", "verify", proof, "--key-file", key] + more)
        }
    }

    @Test("a proof holds without the city, and says what it proves")
    func holds() throws {
        let proven = try Proven()
        try FileManager.default.moveItem(atPath: proven.key, toPath: proven.city.folder.path + "/ledger.pub")
        try FileManager.default.removeItem(atPath: proven.city.path)
        let outcome = try Program.run(
            "ledger", "verify", proven.proof, "--key-file", proven.city.folder.path + "/ledger.pub")
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("Mill gauge"), "\(outcome)")
        #expect(!outcome.output.contains("BROKEN"))
    }

    @Test(
        "a proof that was tampered with does not hold, and the broken link is named",
        arguments: [
            ("Mill gauge", "Mall gauge", "the reading is in the batch"),
            (#"\"committedAt\":\"2"#, #"\"committedAt\":\"1"#, "the batch is in the log"),
            (#"testham.example/ledger\n"#, #"resthan.example/ledger\n"#, "the checkpoint is signed"),
            (#""verifierKey" : "testham"#, #""verifierKey" : "resthan"#, "made for the trusted key"),
            (#""readingIndex" : "#, #""readingIndeks": "#, "the file is a proof"),
        ])
    func tampered(old: String, new: String, link: String) throws {
        let proven = try Proven()
        try proven.city.folder.tamper("proof.json", old, new)
        let outcome = try proven.verify()
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.complaint.contains(link), "\(outcome)")
        let json = try proven.verify("--json").json()
        #expect(json["holds"] as? Bool == false)
        #expect((json["facts"] as? [Any])?.isEmpty == true)
    }

    @Test("a proof under another city's key does not hold")
    func foreignKey() throws {
        let proven = try Proven()
        let other = try TestCity()
        let outcome = try Program.run(
            "ledger", "verify", proven.proof, "--key-file", other.path + "/ledger/ledger.pub")
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.complaint.contains("trusted key"), "\(outcome)")
    }

    @Test("checkpoints verify, and a ledger that has only grown is told from one that has not")
    func growth() throws {
        let proven = try Proven()
        let (folder, city) = (proven.city.folder, proven.city)
        try folder.write(try city.run("ledger", "show", "--only", "checkpoint").output, to: "old.txt")
        try city.enrol("gauge-8")
        try folder.write(try city.run("ledger", "show", "--only", "checkpoint").output, to: "new.txt")
        let made = try city.run(
            "ledger", "consistency", "--from", "2", "--to", "3", "--out", folder.path + "/growth.json")
        #expect(made.status == 0, "\(made)")
        let single = try Program.run("ledger", "verify", folder.path + "/old.txt", "--key-file", proven.key)
        #expect(single.status == 0, "\(single)")
        let grown = [
            "ledger", "verify", folder.path + "/new.txt", "--since", folder.path + "/old.txt", "--consistency",
            folder.path + "/growth.json", "--key-file", proven.key,
        ]
        let holds = try Program.run(grown)
        #expect(holds.status == 0, "\(holds)")
        try folder.tamper("growth.json", "\"proof\" : [\n    \"", "\"proof\" : [\n    \"".replacing(" [", with: "[ "))
        #expect(try Program.run(grown).status == 0, "white space is not part of the proof")
        // Both checkpoints are true, and the proof between them is not.
        let text = try folder.text("growth.json")
        let hash = try #require(text.range(of: "\"proof\" :")).upperBound
        let place = try #require(text[hash...].dropFirst().firstIndex { $0.isLetter || $0.isNumber })
        let other = text[place] == "A" ? "B" : "A"
        try folder.write(text.replacingCharacters(in: place...place, with: other), to: "growth.json")
        let broken = try Program.run(grown)
        #expect(broken.status == 2, "\(broken)")
        #expect(broken.complaint.contains("the newer ledger begins with the older one"), "\(broken)")
    }

    @Test("the older checkpoint of another ledger is told by its signature")
    func foreignCheckpoint() throws {
        let (city, twin) = (try TestCity(), try TestCity())
        let folder = city.folder
        for (city, name) in [(twin, "old.txt"), (city, "new.txt")] {
            try folder.write(try city.run("ledger", "show", "--only", "checkpoint").output, to: name)
        }
        let made = try city.run("ledger", "consistency", "--from", "1", "--out", folder.path + "/growth.json")
        #expect(made.status == 0, "\(made)")
        let outcome = try Program.run(
            "ledger", "verify", folder.path + "/new.txt", "--since", folder.path + "/old.txt", "--consistency",
            folder.path + "/growth.json", "--key-file", city.path + "/ledger/ledger.pub")
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.complaint.contains("the older checkpoint"), "\(outcome)")
    }

    @Test("whatever prints data takes --json")
    func json() throws {
        let proven = try Proven()
        let key = try proven.city.run("ledger", "show", "--only", "key", "--json").json()
        #expect((key["key"] as? String)?.hasPrefix("testham.example/ledger+") == true)
        let checkpoint = try proven.city.run("ledger", "show", "--only", "checkpoint", "--json").json()
        #expect((checkpoint["checkpoint"] as? String)?.hasPrefix("testham.example/ledger\n") == true)
        let proof = try proven.city.run(
            "ledger", "prove", "--entity", "urn:ngsi-ld:Device:gauge-7", "--attribute", "name", "--json")
        #expect(try proof.json()["batch"] != nil, "\(proof)")
        let growth = try proven.city.run("ledger", "consistency", "--from", "1", "--json")
        #expect(try growth.json()["proof"] != nil, "\(growth)")
    }

    @Test("a forged checkpoint does not verify")
    func forgedCheckpoint() throws {
        let proven = try Proven()
        let folder = proven.city.folder
        try folder.write(try proven.city.run("ledger", "show", "--only", "checkpoint").output, to: "note.txt")
        try folder.tamper("note.txt", "\n2\n", "\n3\n")
        let outcome = try Program.run("ledger", "verify", folder.path + "/note.txt", "--key-file", proven.key)
        #expect(outcome.status == 2)
        #expect(outcome.complaint.contains("signed by testham.example/ledger"), "\(outcome)")
    }

    @Test("files that are no proofs are told from proofs that do not hold")
    func notProofs() throws {
        let proven = try Proven()
        let missing = try Program.run("ledger", "verify", "/nonexistent", "--key-file", proven.key)
        #expect(missing.status == 74, "\(missing)")
        let keyless = try Program.run("ledger", "verify", proven.proof)
        #expect(keyless.status == 64, "\(keyless)")
        let badKey = try Program.run("ledger", "verify", proven.proof, "--key", "not a key")
        #expect(badKey.status == 78, "\(badKey)")
        let noise = try Program.run("ledger", "verify", "-", "--key-file", proven.key, input: "\u{0}\u{1}noise\n")
        #expect(noise.status == 2, "\(noise)")
    }

    @Test("what was never observed cannot be proved")
    func unknownReading() throws {
        let proven = try Proven()
        let outcome = try proven.city.run("ledger", "prove", "--entity", "urn:x:y", "--attribute", "name")
        #expect(outcome.status == 1)
        #expect(outcome.complaint.contains("`urn:x:y` has no attribute `name`"), "\(outcome)")
        let early = try proven.city.run(
            "ledger", "prove", "--entity", "urn:ngsi-ld:Device:gauge-7", "--attribute", "name", "--at",
            "2001-01-01T00:00:00Z")
        #expect(early.status == 1, "\(early)")
    }
}
