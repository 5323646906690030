import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import Testing
import TransparencyLog

@Suite("Restarts: the views are what the journal adds up to")
struct ReplayTests {
    private func removeViews(_ directory: CityDirectory) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: directory.views + suffix) }
    }

    /// A life of some steps in an open city, and the picture at its end.
    private func live(_ steps: Int, seed: UInt64, in test: TestCity) async throws -> Picture {
        try await test.withCity { city in
            var life = CityLife(seed: seed)
            for _ in 0..<steps { try await life.happen(in: city, of: test) }
            try await life.resumeAll(in: city)
            try await city.settle(test.clock)
            return try Picture(city)
        }
    }

    @Test("opened again, a city looks as it did, from its photograph and from the journal alone", arguments: seeds)
    func reopened(seed: UInt64) async throws {
        let test = try TestCity()
        let before = try await live(40, seed: seed, in: test)
        #expect(!before.alerts.isEmpty, "seed \(seed): this life has nothing to tell")
        #expect(before.readings.contains { $0.count > 1_024 }, "seed \(seed): no block was sealed")
        let photographed = try await test.withCity { try Picture($0) }
        #expect(photographed.differences(from: before).isEmpty, "seed \(seed)")
        removeViews(test.directory)
        let replayed = try await test.withCity { try Picture($0) }
        #expect(replayed.differences(from: before).isEmpty, "seed \(seed)")
    }

    @Test("restarts change nothing: a life with them ends as one without", arguments: seeds.prefix(4))
    func restartsChangeNothing(seed: UInt64) async throws {
        let (undisturbed, restarted) = (try TestCity(), try TestCity())
        let expected = try await live(30, seed: seed, in: undisturbed)
        var life = CityLife(seed: seed)
        var random = SeededRandom(seed: seed ^ 0xFF)
        var steps = 0
        while steps < 30 {
            if random.below(3) == 0 { removeViews(restarted.directory) }
            let city = try restarted.open()
            repeat {
                try await life.happen(in: city, of: restarted)
                steps += 1
            } while steps < 30 && random.below(4) > 0
            if steps == 30 {
                try await life.resumeAll(in: city)
                try await city.settle(restarted.clock)
            }
            city.close()
        }
        let found = try await restarted.withCity { try Picture($0) }
        #expect(found.entities == expected.entities, "seed \(seed)")
        #expect(found.readings == expected.readings, "seed \(seed): scores and all")
        #expect(found.words == expected.words, "seed \(seed)")
        #expect(found.definitions == expected.definitions, "seed \(seed)")
        let findings = [found, expected].map { picture in
            Set(picture.alerts.filter { $0.attribute != nil }.map { "\($0.kind) \($0.observedAt) \($0.text)" })
        }
        #expect(findings[0] == findings[1], "seed \(seed)")
    }

    /// Lets a city live with three batches after its last photograph.
    private func someLife(_ test: TestCity) async throws -> Picture { try await live(12, seed: 42, in: test) }

    @Test(
        "damaged views are made again, and nobody notices", arguments: ["garbage", "zeros", "half", "empty", "record"])
    func damagedViews(kind: String) async throws {
        let test = try TestCity()
        let before = try await someLife(test)
        let url = URL(fileURLWithPath: test.directory.views)
        let whole = try Data(contentsOf: url)
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: test.directory.views + suffix) }
        var random = SeededRandom(seed: 3)
        switch kind {
        case "garbage": try Data(random.bytes(whole.count)).write(to: url)
        case "zeros": try Data(count: whole.count).write(to: url)
        case "half": try whole.prefix(whole.count / 2).write(to: url)
        case "empty": try Data().write(to: url)
        default:
            try DatabaseFile(test.directory.views).execute(
                "UPDATE device SET record = x'00'; UPDATE detector SET state = x'00'")
        }
        let after = try await test.withCity { try Picture($0) }
        #expect(after.differences(from: before).isEmpty)
    }

    @Test(
        "another name for a series in the views, though it can be read, does not reach the ledger",
        arguments: ["series.definition", "definition.record", "both"])
    func renamedSeries(place: String) async throws {
        let test = try TestCity()
        try await test.withCity { city in
            try await city.enrol("gauge", with: test)
            try await city.publish(#"{"t":1799999999000,"temp":20}"#, from: "gauge")
        }
        let views = DatabaseFile(test.directory.views)
        var places = [("series", "definition"), ("definition", "record")]
        if place != "both" { places.removeAll { "\($0.0).\($0.1)" != place } }
        for (table, column) in places {
            #expect(try views.replace("temperature", by: "temperatuse", in: column, of: table) > 0, "\(table)")
        }
        try await test.withCity { city in
            _ = try await city.publish(#"{"t":1799999999500,"temp":21}"#, from: "gauge").get()
        }
        let inspection = try JournalInspection(
            of: try JournalReader(path: test.directory.journal), views: nil, origin: TestCity.origin,
            verifier: test.signer.verifier)
        #expect(inspection.damage.map(\.what) == [])
        #expect(inspection.observations >= 2)
        let journal = try SQLiteJournal(path: test.directory.journal)
        let leaves = try journal.batches(after: 0, limit: 100).map { String(decoding: $0.leafText, as: UTF8.self) }
        #expect(leaves.allSatisfy { !$0.contains("temperatuse") })
    }

    @Test("views damaged at random never trap, and never stop a city from opening", arguments: seeds)
    func fuzzedViews(seed: UInt64) async throws {
        let test = try TestCity()
        _ = try await someLife(test)
        let url = URL(fileURLWithPath: test.directory.views)
        let whole = try Data(contentsOf: url)
        var random = SeededRandom(seed: seed)
        for _ in 0..<8 {
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: test.directory.views + suffix)
            }
            var bytes = whole
            for _ in 0..<(1 + random.below(300)) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            try bytes.write(to: url)
            try await test.withCity { city in
                _ = try? Picture(city)
                _ = try? await city.publish(#"{"temp":20,"text":"x"}"#, from: "g0")
            }
        }
    }

    @Test("a damaged open block found on the way is no reason not to open: the views are made again")
    func damagedHeads() async throws {
        let test = try TestCity()
        let before = try await someLife(test)
        let copy = test.directory.path + "-views"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.copyItem(atPath: test.directory.views, toPath: copy)
        let after = try await test.withCity { city in
            _ = try await city.publish(#"{"t":1799999999000,"temp":20}"#, from: "g0")
            _ = try await city.publish(#"{"t":1799999999000,"temp":20}"#, from: "g1")
            _ = try await city.publish(#"{"t":1799999999000,"temp":20}"#, from: "g2")
            return try Picture(city)
        }
        // The older photograph, damaged where only the replay of these batches looks.
        removeViews(test.directory)
        try FileManager.default.copyItem(atPath: copy, toPath: test.directory.views)
        try DatabaseFile(test.directory.views).execute("UPDATE series SET head = x'01'")
        let healed = try await test.withCity { try Picture($0) }
        #expect(healed.differences(from: after).isEmpty)
        #expect(healed.applied > before.applied)
    }

    private func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    /// Lets the city live on, and then gives it back the journal that it had before.
    private func goBack(_ test: TestCity) async throws {
        let older = test.directory.path + "-older"
        defer { try? FileManager.default.removeItem(atPath: older) }
        try FileManager.default.copyItem(atPath: test.directory.journal, toPath: older)
        try await test.withCity { city in
            for second in 0..<5 {
                try await city.publish("{\"t\":\(1_799_999_000_000 + second),\"temp\":1}", from: "g0")
            }
        }
        remove(test.directory.journal)
        try FileManager.default.copyItem(atPath: older, toPath: test.directory.journal)
    }

    @Test(
        "a journal that lost its end is refused, with the views or the checkpoint as evidence, and nothing is changed",
        arguments: ["views", "checkpoint"])
    func lostEnd(evidence: String) async throws {
        let test = try TestCity()
        _ = try await someLife(test)
        try await goBack(test)
        if evidence == "views" {
            try FileManager.default.removeItem(atPath: test.directory.ledgerCheckpoint)
        } else {
            removeViews(test.directory)
        }
        for _ in 0..<2 {
            let error = storageError { _ = try test.open() }
            #expect(error?.code == .damaged)
            let message = error?.message ?? ""
            #expect(message.contains(test.directory.journal), "\(message)")
            #expect(message.contains(evidence == "views" ? test.directory.views : test.directory.ledgerCheckpoint))
            #expect(message.contains("batches are missing"), "\(message)")
            #expect(message.contains("--salvage"), "\(message)")
        }
        if evidence == "views" {
            let newest = try SQLiteJournal(path: test.directory.journal).lastSequence
            #expect(try ViewStore(path: test.directory.views).appliedSequence() > newest, "the evidence is kept")
        }
    }

    @Test(
        "a lost journal is no new city: whatever else is lost, none is begun", arguments: ["journal", "empty", "data"])
    func lostJournal(kind: String) async throws {
        let test = try TestCity()
        let before = try await someLife(test)
        remove(kind == "data" ? test.directory.data : test.directory.journal)
        if kind == "empty" { try Data().write(to: URL(fileURLWithPath: test.directory.journal)) }
        let error = storageError { _ = try test.open() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(test.directory.journal) == true)
        #expect(FileManager.default.fileExists(atPath: test.directory.data) == (kind != "data"), "nothing is made")
        #expect(fileSize(test.directory.journal) == 0)
        guard kind != "data" else { return }
        #expect(
            try ViewStore(path: test.directory.views).appliedSequence() == before.applied, "all that is left is kept")
    }

    @Test("no city is founded where there was one")
    func foundedOnce() async throws {
        let test = try TestCity()
        _ = try await someLife(test)
        for path in [test.directory.journal, test.directory.views] {
            #expect(storageError { try City.found(test.directory, origin: TestCity.origin) }?.code == .inputOutput)
            remove(path)
        }
        let error = storageError { try City.found(test.directory, origin: TestCity.origin) }
        #expect(error?.message.contains(test.directory.ledgerCheckpoint) == true)
    }

    @Test(
        "a damaged journal is told with its file and batch, and is not served",
        arguments: [
            "UPDATE batch SET content = x'01' WHERE sequence = 3", "UPDATE batch SET content = 'x' WHERE sequence = 3",
            "DELETE FROM batch WHERE sequence = 3",
            "UPDATE batch SET content = (SELECT content FROM batch WHERE sequence = 9) WHERE sequence = 1",
            "UPDATE batch SET committed_at = committed_at + 1 WHERE sequence = 3",
            "UPDATE batch SET hashes = zeroblob(length(hashes)) WHERE sequence = 3",
        ])
    func damagedJournal(statement: String) async throws {
        let test = try TestCity()
        _ = try await someLife(test)
        try DatabaseFile(test.directory.journal).execute(statement)
        removeViews(test.directory)
        let error = storageError { _ = try test.open() }
        #expect(error?.code == .damaged, "\(error?.message ?? "opened")")
        #expect(error?.message.contains(test.directory.journal) == true, "\(error?.message ?? "")")
    }

    /// Changes what a device has said in the newest batch with readings, so that it can still be read.
    private func alterNewest(_ test: TestCity) throws -> UInt64 {
        let file = DatabaseFile(test.directory.journal)
        let contents = try file.contents().map { ($0.sequence, try BatchContent(decoding: Array($0.content))) }
        var (sequence, content) = try #require(contents.last { !$1.observations.isEmpty })
        content.observations[0].value = .number(19.75)
        try file.setContent(Data(content.encoded()), of: sequence)
        return UInt64(sequence)
    }

    @Test("a reading that somebody changed in the journal is not replayed as the truth: file and batch are told")
    func alteredContent() async throws {
        let test = try TestCity()
        _ = try await someLife(test)
        let older = test.directory.path + "-views"
        defer { try? FileManager.default.removeItem(atPath: older) }
        try FileManager.default.copyItem(atPath: test.directory.views, toPath: older)
        _ = try await test.withCity { city in
            try await city.publish(#"{"t":1799999999000,"temp":20}"#, from: "g0").get()
        }
        removeViews(test.directory)
        try FileManager.default.copyItem(atPath: older, toPath: test.directory.views)
        let sequence = try alterNewest(test)
        let error = storageError { _ = try test.open() }
        #expect(error?.code == .damaged)
        #expect(
            error?.message.contains("\(test.directory.journal): batch \(sequence): ") == true, "\(error?.message ?? "")"
        )
        #expect(error?.message.contains("does not hash") == true, "\(error?.message ?? "")")
    }

    @Test("a batch that a salvage could not save is replayed as what stands in its place, and may be nothing more")
    func toldLosses() async throws {
        let test = try TestCity()
        _ = try await someLife(test)
        let sequence = try alterNewest(test)
        removeViews(test.directory)
        let file = DatabaseFile(test.directory.journal)
        try file.execute("INSERT INTO setting VALUES ('salvage.lost', '\(sequence)')")
        #expect(storageError { _ = try test.open() }?.code == .damaged, "readings are no stand-in")
        let content = BatchContent(salt: [UInt8](repeating: 0, count: 32), events: [], observations: [])
        try file.setContent(Data(content.encoded()), of: Int64(sequence))
        try await test.withCity { #expect($0.views.applied.batch >= sequence) }
    }

    @Test("contents damaged at random never trap, whatever they replay as", arguments: seeds)
    func fuzzedJournal(seed: UInt64) async throws {
        let test = try TestCity()
        _ = try await someLife(test)
        let whole = try Data(contentsOf: URL(fileURLWithPath: test.directory.journal))
        var random = SeededRandom(seed: seed)
        for _ in 0..<8 {
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: test.directory.journal + suffix)
            }
            try whole.write(to: URL(fileURLWithPath: test.directory.journal))
            removeViews(test.directory)
            let file = DatabaseFile(test.directory.journal)
            let contents = try file.contents()
            for _ in 0..<(1 + random.below(4)) {
                let (sequence, original) = random.pick(contents)
                var content = original
                for _ in 0...random.below(3) { content[random.below(content.count)] ^= UInt8(1 << random.below(8)) }
                try file.setContent(content, of: sequence)
            }
            do throws(StorageError) {
                let city = try City.open(test.directory, try partsOf(test))
                _ = try? Picture(city)
                city.close()
            } catch {
                #expect(error.code == .damaged, "seed \(seed): \(error.message)")
            }
        }
    }

    private func partsOf(_ test: TestCity) throws(StorageError) -> City.Parts {
        do { return try test.parts() } catch { throw StorageError(.missing, "\(error)") }
    }

    @Test("a directory of a newer program, of another city, or of none is refused with what to do")
    func refusedDirectories() async throws {
        let test = try TestCity()
        _ = try await test.withCity { try await $0.enrol("g0", with: test) }
        var parts = try test.parts()
        parts.origin = "other.example/ledger"
        parts.signer = try NoteSigner(name: parts.origin)
        let other = storageError { _ = try City.open(test.directory, parts) }
        #expect(other?.message.contains("other.example/ledger") == true)
        try DatabaseFile(test.directory.journal).execute("UPDATE setting SET value = '7' WHERE key = 'formatVersion'")
        let newer = storageError { _ = try test.open() }
        #expect(newer?.code == .newerFormat)
        #expect(newer?.message.contains("7") == true)
        let nowhere = storageError { _ = try City.open(CityDirectory("/nonexistent"), try test.parts()) }
        #expect(nowhere?.code == .missing)
        #expect(nowhere?.message.contains("bastide init") == true)
    }
}
