import CityModel
import CityPath
import CityStorage
import Foundation
import JSONBytes
import Logging
import MQTTClient
import MQTTPackets
import NIOCore
import NIOPosix
import Synchronization
import UnixSignals

/// Plays recorded series into a city.
struct Replay {
    let directory: CityDirectory
    let series: [RecordedSeries]
    let deviceType: String?
    let speed: Double?
    let address: String?

    /// How many publications of one file may be unacknowledged.
    private static let window = 256
    /// How many files are played at one time when nothing slows them down.
    private static let filesAtOnce = 16

    func run() async throws -> ReplayReport {
        let devices = try await provision()
        let configuration = try CityConfiguration.read(directory).configuration
        guard UnixSocketPath.answers(directory.socket) else {
            return try await serveAndPlay(devices, configuration)
        }
        let listen =
            try address.map { text in
                guard let address = ListenAddress(text) else {
                    throw CommandFailure(.failed, "`\(text)` is not an address such as localhost:8883")
                }
                return address
            } ?? ListenAddress(host: configuration.reachableHost(of: configuration.mqtt), port: configuration.mqtt.port)
        return try await untilStopped { try await play(devices, host: listen.host, port: listen.port) }
    }

    /// Runs `body`, and cancels it at SIGINT or SIGTERM: it says then how far it has come.
    private func untilStopped(
        _ body: @escaping @Sendable () async throws -> ReplayReport
    ) async throws -> ReplayReport {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        return try await withThrowingTaskGroup(of: ReplayReport?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            while let report = try await group.next() {
                group.cancelAll()
                if let report { return report }
            }
            throw CommandFailure(.failed, "stopped before anything was played")
        }
    }

    /// Each file's device: the one of an earlier replay where its key is still there, else a new one.
    private func provision() async throws -> [ReplayReport.File] {
        let catalogue = try CityAccess.catalogue(of: directory)
        return try await CityClients.with(directory) { client in
            var files: [ReplayReport.File] = []
            for recorded in series {
                let type = deviceType ?? RecordedSeries.deviceType(for: recorded.name)
                let folder = folder(recorded.deviceName)
                let existing =
                    FileManager.default.fileExists(atPath: folder.files.key)
                    ? try? await client.device(recorded.deviceName) : nil
                var entity = existing?.entities.first
                if existing == nil || existing?.status != DeviceStatus.active.rawValue || existing?.deviceType != type {
                    try folder.prepare(replacing: true)
                    let enrolled = try await client.enrol(
                        EnrolmentRequest(
                            id: recorded.deviceName, agency: "archive", zone: "archive", deviceType: type,
                            displayName: "Recording \(recorded.name)", replacesExisting: true))
                    try folder.write(
                        key: enrolled.keyPEM, certificate: enrolled.certificatePEM, authority: enrolled.authorityPEM)
                    entity = enrolled.device.entities.first
                }
                let model = catalogue.deviceTypes[type]?.entityType ?? "Device"
                files.append(
                    ReplayReport.File(
                        file: recorded.name, device: recorded.deviceName, deviceType: type,
                        entity: entity ?? "urn:ngsi-ld:\(model):\(recorded.deviceName)", readings: recorded.rows.count,
                        repeatedTimes: recorded.repeatedTimes, acknowledged: 0, refused: 0))
            }
            return files
        }
    }

    private func folder(_ device: String) -> CredentialFolder {
        CredentialFolder(path: "\(directory.devices)/\(device)", stem: "device")
    }

    /// Serves the city on free loopback ports for as long as the replay lasts.
    private func serveAndPlay(
        _ devices: [ReplayReport.File], _ configuration: CityConfiguration
    ) async throws -> ReplayReport {
        var local = configuration
        local.mqtt = ListenAddress(host: "127.0.0.1", port: 0)
        local.https = ListenAddress(host: "127.0.0.1", port: 0)
        let server = try CityServer(directory, local, laboratory: nil, logger: .program(level: .warning))
        return try await server.whileServing { ports in
            try await play(devices, host: "127.0.0.1", port: ports.mqtt)
        }
    }

    private func play(_ devices: [ReplayReport.File], host: String, port: Int) async throws -> ReplayReport {
        let began = ContinuousClock.now
        let files = try await withThrowingTaskGroup(of: (Int, ReplayReport.File).self) { group in
            var files = devices
            let earliest = series.compactMap { $0.rows.first?.observedAt }.min() ?? Timestamp(microseconds: 0)
            for index in series.indices {
                if speed == nil, index >= Replay.filesAtOnce, let (done, file) = try await group.next() {
                    files[done] = file
                }
                group.addTask { [self] in
                    let way = try DeviceConnection(
                        device: devices[index].device, host: host, port: port,
                        credentials: folder(devices[index].device).files)
                    return (index, try await play(series[index], devices[index], way, from: earliest, began))
                }
            }
            for try await (done, file) in group { files[done] = file }
            return files
        }
        let elapsed = began.duration(to: .now)
        return ReplayReport(files: files, seconds: elapsed / .seconds(1), stopped: Task.isCancelled)
    }

    private func play(
        _ recorded: RecordedSeries, _ file: ReplayReport.File, _ way: DeviceConnection, from earliest: Timestamp,
        _ began: ContinuousClock.Instant
    ) async throws -> ReplayReport.File {
        guard !Task.isCancelled else { return file }
        let connection = try await way.open(on: MultiThreadedEventLoopGroup.singleton, window: Replay.window)
        let tally = Tally()
        let topic = ByteBuffer(string: "devices/\(file.device)/v")
        var sent = 0
        do {
            for row in recorded.rows {
                if let speed {
                    let due = row.observedAt.since(earliest) / speed
                    try await Task.sleep(until: began + due, clock: .continuous)
                }
                try Task.checkCancellation()
                try await connection.publishPipelined(topicName: topic, payload: Replay.payload(row)) { tally.add($0) }
                sent += 1
            }
        } catch is CancellationError {
            // Stopped: what was sent is waited for, since it is in the city or soon will be.
        }
        try await tally.wait(for: sent)
        await connection.disconnect()
        var file = file
        (file.acknowledged, file.refused, file.firstRefusal) = tally.result
        return file
    }

    /// `{"t":1767225600123.456,"v":21.5}`
    private static func payload(_ row: RecordedSeries.Row) -> ByteBuffer {
        var bytes = Array("{\"t\":".utf8)
        let microseconds = row.observedAt.microseconds
        bytes.append(contentsOf: String(microseconds / 1_000).utf8)
        let fraction = microseconds % 1_000
        if fraction > 0 { bytes.append(contentsOf: ".\(String(1_000 + fraction).dropFirst())".utf8) }
        bytes.append(contentsOf: ",\"v\":".utf8)
        JSONNumber.append(row.value, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return ByteBuffer(bytes: bytes)
    }
}

/// Counts answers as they come, and wakes the one who waits for all of them.
private final class Tally: Sendable {
    fileprivate struct State {
        var acknowledged = 0
        var refused = 0
        var firstRefusal: String?
        var failure: MQTTConnectionError?
        var expected: Int?
        var waiter: CheckedContinuation<Void, any Error>?
    }

    private let state = Mutex(State())

    var result: (Int, Int, String?) { state.withLock { ($0.acknowledged, $0.refused, $0.firstRefusal) } }

    func add(_ answer: Result<ReasonCode, MQTTConnectionError>) {
        let waiter = state.withLock { state in
            switch answer {
            case .success(let code) where code.rawValue < 0x80: state.acknowledged += 1
            case .success(let code):
                state.refused += 1
                state.firstRefusal = state.firstRefusal ?? "refused: \(code)"
            case .failure(let error):
                state.failure = state.failure ?? error
            }
            return state.takeWaiterIfDone()
        }
        waiter?()
    }

    func wait(for count: Int) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let waiter = state.withLock { state in
                state.expected = count
                state.waiter = continuation
                return state.takeWaiterIfDone()
            }
            waiter?()
        }
    }
}

extension Tally.State {
    fileprivate mutating func takeWaiterIfDone() -> (() -> Void)? {
        guard let waiter, let expected else { return nil }
        if let failure {
            self.waiter = nil
            return { waiter.resume(throwing: failure) }
        }
        guard acknowledged + refused >= expected else { return nil }
        self.waiter = nil
        return { waiter.resume() }
    }
}
