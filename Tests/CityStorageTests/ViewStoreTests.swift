import CityModel
import CityStorage
import Foundation
import GRDB
import Testing
import TimeSeries

@Suite("Views on disk")
struct ViewStoreTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    static func head(_ readings: Int) -> [UInt8] {
        var head = SeriesHead()
        for index in 0..<readings {
            head.append(time: Timestamp.start.microseconds + Int64(index), value: Double(index))
        }
        return head.seal()?.bytes ?? []
    }

    static func snapshot() -> ViewSnapshot {
        var snapshot = ViewSnapshot(appliedSequence: 12)
        snapshot.series = [
            SeriesSnapshot(
                definition: definition(0), observedAt: .start, value: .number(21.5), score: 0.25,
                head: LateBytes(head(3)), late: LateBytes(head(2))),
            SeriesSnapshot(
                definition: definition(1, attribute: "état", unit: nil, device: nil, class: .sensitive),
                observedAt: nil, value: nil, score: 0, head: LateBytes([])),
            SeriesSnapshot(
                definition: definition(2, attribute: "name"), observedAt: .start, value: .text("Süd"), score: 0,
                head: LateBytes([])),
        ]
        snapshot.detectors = [(SeriesID(index: 0), LateBytes([1, 2, 3]))]
        snapshot.words = [observation(2, at: 0, .text("Süd"))]
        snapshot.definitions = [(3, definition(0, unit: "KEL")), (9, definition(0))]
        snapshot.devices = [
            device("gauge-7"), device("other", entities: [], status: .revoked),
            DeviceRecord(
                id: DeviceID("plain"), agency: AgencyID("a"), zone: ZoneID("z"), deviceType: "t", displayName: nil,
                location: nil, entities: [EntityID("urn:a:1"), EntityID("urn:a:2")], certificateSerial: "",
                certificateNotAfter: Timestamp(microseconds: .min), status: .suspended, enrolledAt: .start,
                statusChangedAt: Timestamp(microseconds: .max), statusReason: "lost"),
        ]
        return snapshot
    }

    @Test("gives back what was saved, also when opened again")
    func roundTrip() throws {
        let saved = ViewStoreTests.snapshot()
        try ViewStore(path: folder.views).save(saved)
        let store = try ViewStore(path: folder.views)
        #expect(try store.appliedSequence() == 12)
        let series = try store.series()
        #expect(series.map(\.definition) == saved.series.map(\.definition))
        #expect(series.map(\.value) == saved.series.map(\.value))
        #expect(series.map(\.observedAt) == saved.series.map(\.observedAt))
        #expect(series.map(\.score) == [0.25, 0, 0])
        #expect(series[0].head.make() == ViewStoreTests.head(3))
        #expect(series[0].late.make() == ViewStoreTests.head(2))
        #expect(series[1].late.make().isEmpty)
        #expect(try store.devices() == saved.devices.sorted { $0.id < $1.id })
        #expect(try store.detector(of: SeriesID(index: 0)) == [1, 2, 3])
        #expect(try store.detector(of: SeriesID(index: 1)) == nil)
        #expect(try store.words(of: SeriesID(index: 2), in: Int64.min...Int64.max, newest: 5) == saved.words)
    }

    @Test("knows what a series meant at each batch")
    func definitions() throws {
        let store = try ViewStore(path: folder.views)
        try store.save(ViewStoreTests.snapshot())
        let series = SeriesID(index: 0)
        #expect(try store.definition(of: series, at: 2) == nil)
        #expect(try store.definition(of: series, at: 3)?.unitCode == "KEL")
        #expect(try store.definition(of: series, at: 8)?.unitCode == "KEL")
        #expect(try store.definition(of: series, at: 9)?.unitCode == "CEL")
        #expect(try store.definition(of: series, at: .max)?.unitCode == "CEL")
    }

    @Test("a later photograph replaces what changed and keeps the rest; an empty retained message removes one")
    func laterPhotograph() throws {
        let store = try ViewStore(path: folder.views)
        var first = ViewStoreTests.snapshot()
        first.retained = ["a", "b"].map { RetainedMessage(topic: $0, payload: [1], qos: 0) }
        try store.save(first)
        var second = ViewSnapshot(appliedSequence: 13)
        second.devices = [device("gauge-7", status: .suspended)]
        second.retained = [RetainedMessage(topic: "a", payload: [], qos: 0)]
        try store.save(second)
        #expect(try store.appliedSequence() == 13)
        #expect(try store.devices().map(\.status) == [.suspended, .revoked, .suspended])
        #expect(try store.retained().map(\.topic) == ["b"])
        #expect(try store.series().count == 3)
    }

    @Test("keeps the newest refusals only: a flood does not fill the disk")
    func refusalsArePruned() throws {
        let store = try ViewStore(path: folder.views)
        for round in 0..<3 {
            var snapshot = ViewSnapshot(appliedSequence: UInt64(round))
            snapshot.refusals = (0..<6_000).map { index in
                RefusalRecord(
                    principal: "unknown/x", source: "x", step: .identify, code: .notIdentified, message: "",
                    at: .start + .seconds(round * 6_000 + index), count: 1)
            }
            try store.save(snapshot)
        }
        let kept = try store.refusals(newest: 100_000)
        #expect(kept.count == 10_000)
        #expect(kept.last?.at == .start + .seconds(17_999))
        #expect(kept.map(\.at) == kept.map(\.at).sorted())
    }

    @Test("a file that is no database, or of another layout, counts as damaged")
    func foreignFiles() throws {
        try folder.overwrite("views.sqlite", with: Data("not a database, and long enough to have a header: no".utf8))
        #expect(storageError { _ = try ViewStore(path: folder.views) }?.code == .damaged)
        folder.remove("views.sqlite")
        try ViewStore(path: folder.views).save(ViewStoreTests.snapshot())
        try DatabaseQueue(path: folder.views).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        let error = storageError { _ = try ViewStore(path: folder.views) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(folder.views) == true)
    }

    static let damage = [
        "UPDATE series SET definition = x'00'", "UPDATE series SET definition = 'text'",
        "UPDATE series SET observed_at = x'00'", "UPDATE series SET value = x'09'", "UPDATE series SET value = 3",
        "UPDATE series SET score = x'00'", "UPDATE series SET head = 5",
        // One character of a name: it can be read all the same, and would mean another attribute.
        "UPDATE series SET definition = CAST(substr(definition, 1, 9) || 'X' || substr(definition, 11) AS BLOB)",
    ]

    @Test(
        "a record that is not what was written is an error; the file is marked, and put aside at the next start",
        arguments: damage)
    func damagedRecords(statement: String) throws {
        let store = try ViewStore(path: folder.views)
        try store.save(ViewStoreTests.snapshot())
        try DatabaseQueue(path: folder.views).write { try $0.execute(sql: statement) }
        let error = storageError { _ = try store.series() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(folder.views) == true)
        #expect(store.damage?.message == error?.message)
        #expect(ViewStore.isToBeMadeAgain(folder.views))
        #expect(try store.appliedSequence() == 12, "what is whole can be read")
        #expect(try ViewStore(path: folder.views).appliedSequence() == 0, "the next start makes them again")
        #expect(folder.names.contains("views.sqlite.damaged"))
        #expect(!ViewStore.isToBeMadeAgain(folder.views))
    }

    @Test(
        "which batch it goes up to is told twice: damage is not taken for evidence of batches",
        arguments: [
            "UPDATE state SET value = 99 WHERE key = 'applied'",
            "UPDATE state SET value = 99 WHERE key = 'appliedAgain'",
            "DELETE FROM state WHERE key = 'applied'",
        ])
    func damagedApplied(statement: String) throws {
        let store = try ViewStore(path: folder.views)
        try store.save(ViewStoreTests.snapshot())
        try DatabaseQueue(path: folder.views).write { try $0.execute(sql: statement) }
        #expect(storageError { _ = try store.appliedSequence() }?.code == .damaged)
        #expect(storageError { _ = try ViewReader(path: folder.views).appliedSequence() }?.code == .damaged)
    }

    @Test(
        "damaged devices, alerts and states are errors too",
        arguments: [
            "UPDATE device SET record = x'FF'", "UPDATE device SET record = 7",
            "UPDATE device SET record = CAST(substr(record, 1, 3) || 'X' || substr(record, 5) AS BLOB)",
            "UPDATE state SET value = -1", "UPDATE state SET value = x'00'",
        ])
    func otherDamage(statement: String) throws {
        let store = try ViewStore(path: folder.views)
        try store.save(ViewStoreTests.snapshot())
        try DatabaseQueue(path: folder.views).write { try $0.execute(sql: statement) }
        let error = storageError {
            _ = try store.devices()
            _ = try store.appliedSequence()
        }
        #expect(error?.code == .damaged)
    }

    @Test("bytes damaged anywhere in the file never trap", arguments: seeds)
    func fuzz(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        do {
            let store = try ViewStore(path: folder.views)
            try store.save(ViewStoreTests.snapshot())
        }
        let whole = try folder.bytes("views.sqlite")
        for _ in 0..<25 {
            for name in folder.names { folder.remove(name) }
            var bytes = whole
            for _ in 0...random.below(12) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.below(5) == 0 { bytes = bytes.prefix(random.below(bytes.count)) }
            try folder.overwrite("views.sqlite", with: bytes)
            let error = storageError {
                let store = try ViewStore(path: folder.views)
                _ = try store.series()
                _ = try store.devices()
                _ = try store.alerts(newest: 10)
                _ = try store.refusals(newest: 10)
                _ = try store.retained()
                _ = try store.definition(of: SeriesID(index: 0), at: 5)
                _ = try store.words(of: SeriesID(index: 2), in: Int64.min...Int64.max, newest: 5)
                _ = try store.blockTotals()
            }
            if let error { #expect([.damaged, .inputOutput].contains(error.code), "seed \(seed): \(error.message)") }
        }
    }
}
