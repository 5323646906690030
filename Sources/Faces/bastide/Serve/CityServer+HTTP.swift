import ArgumentParser
import CityIdentity
import CityStorage
import HTTPAPI
import MQTTListener
import ServiceLifecycle

extension CityServer {
    /// The HTTP face over the city, told by the MQTT face who is connected.
    ///
    /// - Throws: When templates or static files are missing beside the program.
    func http() throws -> HTTPFace {
        var settings = HTTPSettings(
            https: HTTPSettings.Address(host: configuration.https.host, port: configuration.https.port),
            laboratory: laboratory.map { HTTPSettings.Address(host: "127.0.0.1", port: $0.http) },
            adminSocket: UnixSocketPath.short(directory.socket),
            certificateChainFile: certificates.serverFiles.chain, privateKeyFile: certificates.serverFiles.key,
            authorityFile: certificates.rootFile, cityName: configuration.cityName, domain: configuration.domain,
            version: Bastide.configuration.version, geometryFile: directory.geometry)
        settings.isSimulation = configuration.isSimulation
        settings.tiles = configuration.tileLayer
        settings.leafletDirectory = configuration.leafletDirectory
        settings.maximumBodyBytes = configuration.httpMaximumBodyBytes
        let (readiness, connections) = (readiness, connections)
        return try HTTPFace(
            city: city, authority: certificates.authority, settings: settings,
            devices: ConnectedDevices(
                presence: { device in
                    connections.presence(of: device).map {
                        ConnectedDevices.Presence(address: $0.address, since: $0.since)
                    }
                }, lastSeen: connections.lastSeen, count: { connections.deviceCount },
                bridges: { connections.bridges().map(BridgeStatus.init) },
                sessions: MQTTSessionDirectory(
                    all: { connections.sessions().map(MQTTSessionStatus.init) },
                    known: {
                        connections.session(of: $0, clientIdentifier: $1).map(MQTTSessionStatus.init)
                    },
                    disconnect: { connections.disconnect($0, clientIdentifier: $1) },
                    end: { connections.endSession(of: $0, clientIdentifier: $1) })), egress: egress, logger: logger
        ) { ports in
            readiness.listens(https: ports.https, laboratoryHTTP: ports.laboratory)
        }
    }
}

extension BridgeStatus {
    /// What the MQTT face says of a bridge, as the HTTP face shows it.
    fileprivate init(_ summary: BridgeSummary) {
        self.init(
            name: summary.name, address: summary.address, state: summary.state.rawValue, since: summary.since,
            problem: summary.problem, queued: summary.queuedMessages, received: summary.receivedMessages,
            sent: summary.sentMessages, refused: summary.refusedMessages, omitted: summary.omittedMessages,
            dropped: summary.droppedMessages, connects: summary.connects)
    }
}

extension MQTTSessionStatus {
    /// What the MQTT face says of a session, as the HTTP face shows it.
    fileprivate init(_ summary: MQTTSessionSummary) {
        self.init(
            owner: summary.owner, clientIdentifier: summary.clientIdentifier, address: summary.address,
            disconnectedSince: summary.disconnectedSince, version: summary.version,
            expirySeconds: summary.expirySeconds,
            subscriptions: summary.subscriptions.map { Subscription(filter: $0.filter, qos: $0.qos) },
            counts: Counts(
                waiting: summary.waitingMessages, inFlight: summary.inFlightMessages, queuedBytes: summary.queuedBytes,
                published: summary.publishedMessages, delivered: summary.deliveredMessages,
                publishedPerSecond: summary.publishedPerSecond, deliveredPerSecond: summary.deliveredPerSecond,
                dropped: summary.droppedMessages, heldBack: summary.heldBackTimes))
    }
}
