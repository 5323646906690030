import CityIdentity
import CityModel
import CityPath
import CityStorage
import Foundation
import JSONBytes
import Logging
import Synchronization

/// A folder that is gone when its user is done with it.
struct TemporaryFolder {
    let path: String

    init(_ name: String) throws {
        path = NSTemporaryDirectory() + "\(name)-\(ProcessInfo.processInfo.processIdentifier)"
        try? FileManager.default.removeItem(atPath: path)
        try DurableFile.makeFolder(path, mode: 0o700)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Text that two threads share.
final class MutableText: Sendable {
    private let text = Mutex("")
    var value: String { text.withLock { $0 } }
    func set(_ new: String) { text.withLock { $0 = new } }
}

/// A city made for measuring: devices `dev0` … with keys and certificates in one folder, as mqtt-load wants them.
struct BenchCity {
    let directory: CityDirectory

    var certificateFolder: String { directory.path + "/load" }
    var authorityFile: String { directory.pki + "/root.crt" }

    /// An operator's key and certificate in one file: who may subscribe to what all devices say.
    var operatorFile: String { directory.path + "/load-operator.pem" }

    /// Makes the city with the program's own commands.
    init(in folder: String, named name: String) throws {
        directory = CityDirectory(folder + "/" + name)
        let made = try Subprocess.run(
            BenchCity.program, ["init", directory.path, "--city", "Bench", "--domain", "bench.example"])
        guard made.status == 0 else { throw CommandFailure(.failed, "the city cannot be made: \(made.errors)") }
        try DurableFile.makeFolder(certificateFolder, mode: 0o700)
    }

    /// Issues the first operator a certificate; before the city is served.
    func makeOperatorFile() throws {
        let folder = directory.path + "/load-operator"
        let made = try Subprocess.run(
            BenchCity.program, ["operator", "certificate", "operator", "--city", directory.path, "--out", folder])
        guard made.status == 0 else { throw CommandFailure(.failed, "no operator's certificate: \(made.errors)") }
        let parts = try ["operator.crt", "operator.key"].map {
            try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
        try parts.joined().write(toFile: operatorFile, atomically: true, encoding: .utf8)
    }

    /// This very program.
    static var program: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// Enrols devices through the path, many at a time, and then gives each of them readings, through the path too.
    func fill(devices: Int, readingsEach: Int) async throws {
        let (city, _, certificates) = try CityAccess.open(directory, logger: .program(level: .error))
        defer { city.close() }
        let folder = certificateFolder
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<devices {
                if index >= 256 { try await group.next() }
                group.addTask {
                    let device = try await city.enrol(
                        EnrolmentRequest(id: "dev\(index)"), with: certificates.authority, by: .service("bench")
                    ).get()
                    try device.keyPEM.write(toFile: "\(folder)/\(index).key", atomically: false, encoding: .utf8)
                    try device.certificatePEM.write(
                        toFile: "\(folder)/\(index).crt", atomically: false, encoding: .utf8)
                }
            }
            try await group.waitForAll()
        }
        for index in 0..<devices where readingsEach > 0 { try await give(readingsEach, to: index, city) }
    }

    private func give(_ count: Int, to index: Int, _ city: City) async throws {
        let identity = DeviceIdentity(id: DeviceID("dev\(index)"), agency: AgencyID("city"), zone: ZoneID("street"))
        let route = try city.path.open(.device(identity), topic: "devices/dev\(index)/v").get()
        var observations: [Observation] = []
        var scratch = SmallObject()
        let now = city.clock.now
        let start = now.microseconds / 1_000 - Int64(count) * 60_000
        for step in 0..<count {
            let payload = Array(
                "{\"t\":\(start + Int64(step) * 60_000),\"v\":\(Double((index + step * 7) % 400) / 10)}".utf8)
            let refusal = payload.withUnsafeBytes {
                city.path.understand($0, on: route, at: now, scratch: &scratch, into: &observations)
            }
            if let refusal { throw refusal }
        }
        _ = try await city.path.committed(observations: observations).get() as Receipt
    }
}
