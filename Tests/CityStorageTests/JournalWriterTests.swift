import CityModel
import CityStorage
import Foundation
import JSONBytes
import Testing
import TransparencyLog

@Suite("Writing batches")
struct JournalWriterTests {
    let city: TestJournal

    init() throws {
        city = try TestJournal(in: try TemporaryFolder(), signer: try NoteSigner(name: TestJournal.origin))
    }

    /// The root that a batch's leaf states.
    private func statedRoot(_ sequence: UInt64) throws -> String {
        let leaf = try JSONValue(parsing: try #require(try city.journal.batch(sequence)).leafText)
        return try leaf.string(at: ["readingsRoot"])
    }

    /// The root made again from what the journal keeps and what series meant.
    private func root(_ sequence: UInt64, _ definitions: [AttributeDefinition]) throws -> String {
        let content = try BatchContent(decoding: try #require(try city.journal.batch(sequence)).content)
        let salts = BatchSalts(secret: content.salt, count: content.entryCount)
        var leaves = content.events.enumerated().map { MerkleHash.leaf(LeafText.event($1, salt: salts[$0])) }
        for observation in content.observations {
            var text: [UInt8] = []
            LeafFrame(definitions[Int(observation.series.index)])
                .append(observation, salt: salts[leaves.count], to: &text)
            leaves.append(MerkleHash.leaf(text))
        }
        return MerkleTree.root(ofLeafHashes: leaves).base64
    }

    private func define(_ attribute: String, unit: String?) -> SeriesID {
        city.series.define(attribute, of: EntityID("urn:ngsi-ld:WeatherObserved:0")) { number in
            definition(number.index, attribute: attribute, entity: "urn:ngsi-ld:WeatherObserved:0", unit: unit)
        }
    }

    private func commitAll(_ observations: [Observation]) throws {
        _ = try city.writer.commit(
            events: city.series.takeUnrecorded().map(CityEvent.attributeDefined), observations: observations,
            at: .start)
    }

    @Test("a leaf states the root over events first, then observations in order")
    func rootOfLeaves() throws {
        _ = define("temperature", unit: "CEL")
        _ = define("pressure", unit: "BAR")
        try commitAll([observation(1, at: 0, .number(1)), observation(0, at: 0, .number(21.5))])
        let definitions = (0..<2).compactMap { city.series.definition(of: SeriesID(index: UInt32($0))) }
        #expect(try statedRoot(1) == root(1, definitions))
    }

    @Test("a definition changed after a batch was gathered counts from the next batch on")
    func lateRedefinition() throws {
        let series = define("temperature", unit: "CEL")
        try commitAll([observation(0, at: 0, .number(1))])
        let first = try #require(city.series.definition(of: series))
        // A writer that has not seen the series yet, as after a restart.
        let writer = JournalWriter(journal: city.journal, ledger: city.ledger, series: city.series)
        let gathered = city.series.takeUnrecorded()
        _ = define("temperature", unit: "KEL")
        _ = try writer.commit(
            events: gathered.map(CityEvent.attributeDefined), observations: [observation(0, at: 1, .number(2))],
            at: .start)
        #expect(try statedRoot(2) == root(2, [first]))
        #expect(city.series.recordedDefinition(of: series)?.unitCode == "CEL")
        _ = try writer.commit(
            events: city.series.takeUnrecorded().map(CityEvent.attributeDefined),
            observations: [observation(0, at: 2, .number(3))], at: .start)
        let second = try #require(city.series.definition(of: series))
        #expect(second.unitCode == "KEL")
        #expect(city.series.recordedDefinition(of: series) == second)
        #expect(try statedRoot(3) == root(3, [second]))
    }

    @Test("no two batches have the same salt")
    func salts() throws {
        _ = define("temperature", unit: nil)
        for second in 0..<20 { try commitAll([observation(0, at: Int64(second), .number(0))]) }
        let salts = try city.journal.batches(after: 0, limit: 100).map { try BatchContent(decoding: $0.content).salt }
        #expect(Set(salts).count == 20)
    }
}

@Suite("Numbers of series")
struct SeriesTableTests {
    let table = SeriesTable()

    private func define(_ attribute: String, unit: String? = nil) -> SeriesID {
        table.define(attribute, of: EntityID("urn:x:1")) { definition($0.index, attribute: attribute, unit: unit) }
    }

    @Test("are dense, from 0, and stay")
    func dense() {
        #expect((0..<5).map { define("a\($0)").index } == [0, 1, 2, 3, 4])
        #expect(define("a3").index == 3)
        #expect(table.count == 5)
        #expect(table.number(of: "a4", of: EntityID("urn:x:1"))?.index == 4)
        #expect(table.number(of: "a4", of: EntityID("urn:x:2")) == nil)
    }

    @Test("a definition is handed over once, a changed one again, an equal one not")
    func unrecorded() {
        _ = define("a")
        #expect(table.takeUnrecorded().count == 1)
        _ = define("a")
        #expect(table.takeUnrecorded().isEmpty)
        _ = define("a", unit: "CEL")
        #expect(table.takeUnrecorded().map(\.unitCode) == ["CEL"])
    }

    @Test("definitions out of order are damage")
    func outOfOrder() {
        #expect(storageError { try table.restore(definition(1)) }?.code == .damaged)
        #expect(storageError { try table.restore(definition(0)) } == nil)
        #expect(table.definition(of: SeriesID(index: 1)) == nil)
        #expect(table.definition(of: SeriesID(index: .max)) == nil)
    }

    @Test("are the same for all who ask at once")
    func concurrent() async {
        let numbers = await withTaskGroup(of: [UInt32].self) { group in
            for _ in 0..<8 { group.addTask { (0..<200).map { define("a\($0)").index } } }
            return await group.reduce(into: [[UInt32]]()) { $0.append($1) }
        }
        #expect(Set(numbers).count == 1)
        #expect(table.count == 200)
        #expect(table.takeUnrecorded().map(\.series.index) == Array(0..<200))
    }
}
