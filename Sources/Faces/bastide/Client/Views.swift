import CityContext
import CityIdentity
import CityModel
import CityPath
import JSONBytes
import PKI

/// What the API says of a city; commands print it as it is. Times are RFC 3339 text.
struct StatusView: Codable, Sendable {
    struct Storage: Codable, Sendable {
        var ok: Bool
        var problem: String?
        var journalBytes: Int64
    }

    struct Bridge: Codable, Sendable {
        var name: String
        var address: String
        var state: String
        var since: String
        var problem: String?
        var queued: Int
        var received: Int
        var sent: Int
        var refused: Int
        var omitted: Int
        var dropped: Int
        var connects: Int
    }

    var city: String
    var domain: String
    var version: String
    var running: Bool?
    var simulated: Bool
    var startedAt: String?
    var uptimeSeconds: Double?
    var devicesRegistered: Int
    var devicesConnected: Int
    var entities: Int
    var observationsCommitted: Int?
    var observationsPerSecond: Double?
    var openAlerts: Int
    var refusalsLastHour: Int
    var ledgerSize: UInt64
    var storage: Storage
    var bridges: [Bridge]?
}

/// A device.
struct DeviceView: Codable, Sendable {
    struct Place: Codable, Sendable {
        var longitude: Double
        var latitude: Double
    }

    var id: String
    var agency: String
    var zone: String
    var deviceType: String
    var displayName: String?
    var location: Place?
    var entities: [String]
    var status: String
    var statusReason: String?
    var statusChangedAt: String
    var enrolledAt: String
    var certificateSerial: String
    var certificateNotAfter: String
    var spiffeId: String
    var connected: Bool
    var connectedFrom: String?
    var lastSeenAt: String?
}

/// A page of devices.
struct DevicePage: Codable, Sendable {
    var items: [DeviceView]
    var total: Int
}

/// A device just enrolled, with its key.
struct EnrolledView: Codable, Sendable {
    var device: DeviceView
    var keyPEM: String
    var certificatePEM: String
    var authorityPEM: String
}

/// A key and a certificate just issued.
struct CertificateView: Codable, Sendable {
    var keyPEM: String
    var certificatePEM: String
    var authorityPEM: String
}

/// An alert.
struct AlertView: Codable, Sendable {
    var id: UInt64
    var entityId: String?
    var attribute: String?
    var deviceId: String?
    var kind: String
    var severity: String
    var text: String
    var observedAt: String
    var raisedAt: String
    var status: String
    var acknowledgedBy: String?
    var acknowledgedAt: String?
    var note: String?
}

/// A page of alerts.
struct AlertPage: Codable, Sendable {
    var items: [AlertView]
    var total: Int
    var open: Int
}

/// Something that was refused.
struct RefusalView: Codable, Sendable {
    var principal: String
    var source: String
    var step: String
    var code: String
    var message: String
    var at: String
    /// How many alike it stands for.
    var count: Int
}

/// The newest refusals.
struct RefusalPage: Codable, Sendable {
    var items: [RefusalView]
}

/// Someone who may sign in; with a password only when the city has just made it.
struct OperatorView: Codable, Sendable {
    var name: String
    var role: String
    var password: String?
}

/// Everyone who may sign in.
struct OperatorPage: Codable, Sendable {
    var items: [OperatorView]
}

/// The ledger as it is now.
struct LedgerView: Codable, Sendable {
    var origin: String
    var size: UInt64
    var rootHash: String
    var checkpoint: String
    var verifierKey: String
}

/// The proof that the ledger of one size begins with that of another.
struct ConsistencyView: Codable, Sendable {
    var from: UInt64
    var to: UInt64
    var fromRoot: String
    var toRoot: String
    var proof: [String]
}

extension Timestamp {
    var text: String { RFC3339.string(microseconds) }
}

extension DeviceView {
    /// A device of a closed city: connected it is not.
    init(_ record: DeviceRecord, trustDomain: String) {
        let spiffeID = try? SPIFFEID.device(record.id.text, agency: record.agency.text, trustDomain: trustDomain)
        self.init(
            id: record.id.text, agency: record.agency.text, zone: record.zone.text, deviceType: record.deviceType,
            displayName: record.displayName,
            location: record.location.map { Place(longitude: $0.longitude, latitude: $0.latitude) },
            entities: record.entities.map(\.text), status: record.status.rawValue, statusReason: record.statusReason,
            statusChangedAt: record.statusChangedAt.text, enrolledAt: record.enrolledAt.text,
            certificateSerial: record.certificateSerial, certificateNotAfter: record.certificateNotAfter.text,
            spiffeId: spiffeID?.description ?? "", connected: false)
    }
}

extension RefusalView {
    init(_ record: RefusalRecord) {
        self.init(
            principal: record.principal, source: record.source, step: record.step.rawValue, code: record.code.rawValue,
            message: record.message, at: record.at.text, count: record.count)
    }
}

extension AlertView {
    init(_ record: AlertRecord) {
        self.init(
            id: record.id, entityId: record.entity?.text, attribute: record.attribute, deviceId: record.device?.text,
            kind: record.kind, severity: record.severity.rawValue, text: record.text,
            observedAt: record.observedAt.text, raisedAt: record.raisedAt.text,
            status: record.acknowledgedAt == nil ? "open" : "acknowledged", acknowledgedBy: record.acknowledgedBy,
            acknowledgedAt: record.acknowledgedAt?.text, note: record.note)
    }
}
