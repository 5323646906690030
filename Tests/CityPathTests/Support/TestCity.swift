import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import JSONBytes
import Logging
import PKI
import Synchronization
import Testing
import TransparencyLog

/// What time it is in a test: what the test says.
final class TestClock: Sendable {
    private let present = Mutex(Timestamp(seconds: 1_800_000_000))

    var now: Timestamp { present.withLock { $0 } }
    var cityClock: CityClock { CityClock { self.now } }

    func advance(by duration: Duration) { present.withLock { $0 = $0 + duration } }
}

/// A city in a folder of its own, which goes away with it. It can be opened, closed and opened again.
final class TestCity: Sendable {
    static let origin = "city.example/ledger"
    static let catalogue = """
        dataModels:
          "*":
            name: {class: public}
            location: {class: public}
          WeatherObserved:
            temperature: {class: public, unit: CEL, min: -60, max: 70}
            pressure: {class: internal, unit: BAR, min: 0}
            raining: {class: public}
          Person:
            pulse: {class: sensitive, retentionDays: 2}
        deviceTypes:
          weather:
            entityType: WeatherObserved
            values: {temp: temperature, pressure: pressure, rain: raining, text: remark}
          fahrenheit:
            entityType: WeatherObserved
            values: {v: {attribute: temperature, unit: FAH}}
          wristband:
            entityType: Person
            values: {v: pulse}
        """

    let directory: CityDirectory
    let clock = TestClock()
    let certificates: CertificateStore
    let signer: NoteSigner
    private let ownsFolder: Bool

    init() throws {
        directory = CityDirectory(NSTemporaryDirectory() + "city-\(UUID().uuidString)")
        try DurableFile.makeFolder(directory.path, mode: 0o700)
        try DurableFile.write("city: Testville\n".utf8, to: directory.configuration, mode: 0o600)
        certificates = try CertificateStore.create(
            in: directory, organisation: "Testville", domain: "city.example", now: clock.now.date)
        signer = try NoteSigner(name: TestCity.origin)
        ownsFolder = true
        try City.found(directory, origin: TestCity.origin)
    }

    /// The same city in another folder.
    init(copyOf other: TestCity, in folder: String, isTemporary: Bool = true) {
        directory = CityDirectory(folder)
        certificates = other.certificates
        signer = other.signer
        ownsFolder = isTemporary
        clock.advance(by: other.clock.now.since(clock.now))
    }

    deinit { if ownsFolder { try? FileManager.default.removeItem(atPath: directory.path) } }

    func parts(catalogue: String = TestCity.catalogue) throws -> City.Parts {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return City.Parts(
            origin: TestCity.origin, signer: signer, chains: try ChainVerifier(authority: certificates.authority),
            catalogue: try Catalogue(yaml: catalogue, named: "test.yaml"),
            isInZone: { zone, address in zone.text != "plant" || address.hasPrefix("10.") }, clock: clock.cityClock,
            logger: logger)
    }

    func open(catalogue: String = TestCity.catalogue) throws -> City {
        try City.open(directory, try parts(catalogue: catalogue))
    }

    /// Opens the city, and closes it when `body` is done.
    func withCity<Result>(
        catalogue: String = TestCity.catalogue, _ body: (City) async throws -> Result
    ) async throws -> Result {
        let city = try open(catalogue: catalogue)
        defer { city.close() }
        return try await body(city)
    }

    /// The events that the journal has. The city must be closed.
    func journalledEvents() throws -> [CityEvent] {
        let journal = try SQLiteJournal(path: directory.journal)
        return try journal.batches(after: 0, limit: 100_000).flatMap { batch in
            try BatchContent(decoding: batch.content).events.map { try EventCoding.decode($0) }
        }
    }

    /// The observations that the journal has. The city must be closed.
    func journalledObservations() throws -> [Observation] {
        let journal = try SQLiteJournal(path: directory.journal)
        return try journal.batches(after: 0, limit: 100_000).flatMap { batch in
            try BatchContent(decoding: batch.content).observations
        }
    }
}

extension City {
    @discardableResult
    func enrol(
        _ id: String, type: String = "weather", zone: String = "street", entities: [String] = [],
        replacing: Bool = false, with city: TestCity
    ) async throws -> EnrolledDevice {
        try await enrol(
            EnrolmentRequest(
                id: id, zone: zone, deviceType: type, entities: entities, replacesExisting: replacing),
            with: city.certificates.authority, by: .service("test")
        ).get()
    }

    func principal(_ id: String) throws -> Principal {
        let record = try #require(views.registry.device(DeviceID(id)))
        return .device(DeviceIdentity(id: record.id, agency: record.agency, zone: record.zone))
    }

    /// Walks the path up to the commit, as a listener does.
    func understood(
        _ json: String, from id: String, channel: String = "v", as principal: Principal? = nil
    ) throws -> Result<[Observation], Refusal> {
        let speaker = try principal ?? self.principal(id)
        switch path.open(speaker, topic: "devices/\(id)/\(channel)") {
        case .failure(let refusal): return .failure(refusal)
        case .success(let route):
            var scratch = SmallObject()
            var observations: [Observation] = []
            let refusal = Array(json.utf8).withUnsafeBytes {
                path.understand($0, on: route, at: clock.now, scratch: &scratch, into: &observations)
            }
            guard let refusal else { return .success(observations) }
            #expect(observations.isEmpty, "a refused payload leaves nothing behind")
            return .failure(refusal)
        }
    }

    /// Walks the whole path.
    @discardableResult
    func publish(_ json: String, from id: String, channel: String = "v") async throws -> Result<Receipt, Refusal> {
        switch try understood(json, from: id, channel: channel) {
        case .failure(let refusal): .failure(refusal)
        case .success(let observations): await path.committed(observations: observations)
        }
    }

    /// Lets the committer look after refusals, accesses and findings, and waits until it has.
    func settle(_ clock: TestClock) async throws {
        for _ in 0..<2 {
            clock.advance(by: .seconds(1))
            _ = try await path.committed().get()
        }
    }

    func refusal(_ json: String, from id: String, channel: String = "v") throws -> Refusal? {
        if case .failure(let refusal) = try understood(json, from: id, channel: channel) { refusal } else { nil }
    }
}

/// The store's error that `body` throws.
func storageError(_ body: () throws -> Void) -> StorageError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StorageError
    }
}
