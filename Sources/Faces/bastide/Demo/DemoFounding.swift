import CityIdentity
import CityModel
import CityPath
import CityStorage
import DemoCity
import Foundation
import JSONBytes
import Logging

/// Founds the simulated town: the city itself, its plan, its devices, and a week of history. Whole or not at all: a start
/// that was interrupted leaves nothing that the next one would take for a town.
struct DemoFounding {
    static let operatorName = "operator"
    static let seedName = "demo.seed"
    private static let history = Duration.seconds(7 * 86_400)
    private static let historyStep = Duration.seconds(600)

    let directory: CityDirectory
    let seed: UInt64

    /// Founds the town, unless it stands already.
    ///
    /// - Throws: As founding any city does; nothing is left behind then.
    func make() async throws {
        guard !directory.isCity else { return FoundingStage.sweep(directory) }
        let stage = try FoundingStage(for: directory, seal: DemoFounding.seedName)
        if !stage.isComplete {
            if stage.isInterrupted { Console.note("an earlier start was interrupted: what it made is taken away") }
            do {
                try stage.empty()
                try await found(in: stage.directory)
            } catch {
                stage.clear()
                throw error
            }
        }
        try stage.settle()
    }

    private func found(in stage: CityDirectory) async throws {
        Console.note("founding the demo town in \(directory.path) …")
        let town = DemoTown(seed: seed)
        var configuration = CityConfiguration()
        configuration.cityName = town.plan.name
        configuration.domain = "bastide-sur-lys.example"
        configuration.mqtt = ListenAddress(host: "127.0.0.1", port: configuration.mqtt.port)
        configuration.https = ListenAddress(host: "127.0.0.1", port: configuration.https.port)
        configuration.isSimulation = true
        let founding = CityFounding(
            directory: stage, configuration: configuration, firstOperator: DemoFounding.operatorName)
        _ = try await founding.make()
        try DurableFile.write(town.plan.geoJSON, to: stage.geometry, mode: 0o644)
        try await populate(town, in: stage)
        try DurableFile.write("\(seed)\n".utf8, to: DemoFounding.seedFile(of: stage), mode: 0o644)
    }

    private static func seedFile(of directory: CityDirectory) -> String { "\(directory.path)/\(seedName)" }

    /// The seed that a town was founded with.
    static func seed(of directory: CityDirectory) throws -> UInt64 {
        let path = seedFile(of: directory)
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let seed = UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw CommandFailure(.inputOutput, "\(path) cannot be read: found the town anew in another directory") }
        return seed
    }

    private func populate(_ town: DemoTown, in stage: CityDirectory) async throws {
        let (city, _, certificates) = try CityAccess.open(stage, logger: .program())
        defer { city.close() }
        Console.note("enrolling \(town.devices.count) devices …")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for device in town.devices {
                group.addTask {
                    let enrolled = try await city.enrol(
                        EnrolmentRequest(device), with: certificates.authority, by: .service("demo")
                    ).get()
                    let folder = CredentialFolder(path: "\(stage.devices)/\(device.id)", stem: "device")
                    try folder.prepare(replacing: true)
                    try folder.write(
                        key: enrolled.keyPEM, certificate: enrolled.certificatePEM, authority: enrolled.authorityPEM)
                }
            }
            try await group.waitForAll()
        }
        Console.note("writing a week of history …")
        let now = DemoInstant(city.clock.now)
        let simulation = CitySimulation(
            town: town, seed: seed, start: now, utcOffset: .seconds(TimeZone.current.secondsFromGMT()))
        for index in town.devices.indices {
            try await remember(index, simulation, city, until: now)
        }
        try await acknowledgePast(city)
    }

    /// What detectors found in the past week is no news: it stays on record, acknowledged.
    private func acknowledgePast(_ city: City) async throws {
        // Findings of one batch are committed with the next one.
        _ = try await city.path.committed().get() as Receipt
        _ = try await city.path.committed().get() as Receipt
        let open = city.views.alerts.newest(AlertBook.bound) { $0.acknowledgedAt == nil }
        let past = open.map { alert in
            CityEvent.alertAcknowledged(
                Acknowledgement(
                    alert: alert.id, by: Principal.service("demo").name, at: city.clock.now,
                    note: "from the week before the demo began"))
        }
        _ = try await city.path.committed(events: past).get() as Receipt
    }

    /// What a device would have published: the same payloads, on its own topic, through the same path.
    private func remember(_ index: Int, _ simulation: CitySimulation, _ city: City, until now: DemoInstant) async throws
    {
        let device = simulation.devices[index]
        let principal = Principal.device(
            DeviceIdentity(id: DeviceID(device.id), agency: AgencyID(device.agency), zone: ZoneID(device.zone)))
        let profile = device.profile
        let route = try city.path.open(principal, topic: "devices/\(device.id)/\(profile.topicSuffix)").get()
        var observations: [Observation] = []
        var scratch = SmallObject()
        let start = now + (.zero - DemoFounding.history)
        for readings in simulation.history(for: index, from: start, to: now, step: DemoFounding.historyStep) {
            let payload = DevicePayload(readings, profile: profile)
            let refusal = payload.bytes.withUnsafeBytes {
                city.path.understand($0, on: route, at: city.clock.now, scratch: &scratch, into: &observations)
            }
            if let refusal { throw refusal }
        }
        _ = try await city.path.committed(observations: observations).get() as Receipt
    }
}

extension EnrolmentRequest {
    fileprivate init(_ device: SimulatedDevice) {
        self.init(
            id: device.id, agency: device.agency, zone: device.zone, deviceType: device.deviceType,
            displayName: device.name,
            location: CityModel.GeoPoint(longitude: device.location.longitude, latitude: device.location.latitude),
            entities: [device.entityID])
    }
}
