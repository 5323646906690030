import CityModel
import CityPath
import CityStorage
import DemoCity
import Foundation
import Logging
import MQTTClient
import MQTTPackets
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The town's devices, alive: each an MQTT client with its own certificate on the guarded port, and whoever plays tricks.
struct DemoSimulation: Service {
    /// The thief works from another address of this machine, as a second machine would.
    private static let thiefAddress = "127.0.0.66"
    private static let longestPause = Duration.seconds(60)

    private let simulation: CitySimulation
    private let directory: CityDirectory
    private let server: CityServer
    private let logger: Logger

    init(_ simulation: CitySimulation, directory: CityDirectory, server: CityServer, logger: Logger) {
        self.simulation = simulation
        self.directory = directory
        self.server = server
        self.logger = logger
    }

    /// Runs every device and the thief until graceful shutdown.
    func run() async throws {
        let port = await server.mqttPort()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { tasks in
                for index in simulation.devices.indices {
                    tasks.addTask { await live(index, port: port, group) }
                }
                tasks.addTask { await steal(port: port, group) }
            }
        }
        try await group.shutdownGracefully()
    }

    private var now: DemoInstant { DemoInstant(server.city.clock.now) }

    private func way(_ index: Int, port: Int) throws -> DeviceConnection {
        let device = simulation.devices[index]
        return try DeviceConnection(
            device: device.id, host: "127.0.0.1", port: port,
            credentials: CredentialFolder(path: "\(directory.devices)/\(device.id)", stem: "device").files)
    }

    /// One device: connects, publishes at its interval, and comes back after a pause when it is cut off.
    private func live(_ index: Int, port: Int, _ group: any EventLoopGroup) async {
        var pause = Duration.seconds(2)
        do {
            let way = try way(index, port: port)
            // Devices were switched on at different moments; all at once would be a storm of handshakes.
            try await Task.sleep(for: .milliseconds(12 * index))
            while !Task.isCancelled {
                do {
                    let connection = try await way.open(on: group)
                    pause = .seconds(2)
                    try await publish(index, on: connection)
                } catch is MQTTConnectionError {
                    try await Task.sleep(for: pause)
                    pause = min(pause * 2, DemoSimulation.longestPause)
                }
            }
        } catch is CancellationError {
            return
        } catch {
            logger.error(
                "a simulated device gave up",
                metadata: ["device": "\(simulation.devices[index].id)", "error": "\(error)"])
        }
    }

    private func publish(_ index: Int, on connection: MQTTConnection) async throws {
        let device = simulation.devices[index]
        while !Task.isCancelled {
            let payload = simulation.payload(for: index, at: now)
            let answer = try await connection.publish(
                topicName: payload.topicName(deviceID: device.id), payload: ByteBuffer(bytes: payload.bytes))
            if answer.rawValue >= 0x80 {
                logger.notice("a reading was refused", metadata: ["device": "\(device.id)", "reason": "\(answer)"])
            }
            try await speakForAnother(index, payload, on: connection)
            try await Task.sleep(for: device.interval)
        }
        await connection.disconnect()
    }

    /// The impostor: while its hour lasts, a device also publishes on its neighbour's topic. It is refused each time.
    private func speakForAnother(_ index: Int, _ payload: DevicePayload, on connection: MQTTConnection) async throws {
        for event in simulation.events(activeAt: now)
        where event.kind == .impostor && event.affected.first == index && event.affected.count > 1 {
            let victim = simulation.devices[event.affected[1]].id
            _ = try await connection.publish(
                topicName: payload.topicName(deviceID: victim), payload: ByteBuffer(bytes: payload.bytes))
        }
    }

    /// The thief: connects from elsewhere with a device's key and certificate, and tries again while its hour lasts.
    private func steal(port: Int, _ group: any EventLoopGroup) async {
        while !Task.isCancelled {
            for event in simulation.events(activeAt: now) where event.kind == .stolenIdentity {
                guard let index = event.affected.first, let way = try? way(index, port: port) else { continue }
                do {
                    let connection = try await way.open(on: group, from: DemoSimulation.thiefAddress)
                    await connection.disconnect()
                } catch {
                    logger.debug("the thief was refused", metadata: ["error": "\(error)"])
                }
            }
            do {
                try await Task.sleep(for: .seconds(10))
            } catch {
                return
            }
        }
    }
}
