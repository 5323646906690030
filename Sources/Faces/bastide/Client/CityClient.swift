import CityModel
import CityPath
import CityStorage
import Logging
import TransparencyLog

/// What commands ask of a city. The running one answers over its socket, a closed one is opened for the while; a
/// command cannot tell the difference.
protocol CityClient: Sendable {
    /// Whether the city is served.
    var isRunning: Bool { get }

    func status() async throws -> StatusView
    func devices(_ filter: DeviceFilter) async throws -> [DeviceView]
    func device(_ id: String) async throws -> DeviceView
    func enrol(_ request: EnrolmentRequest) async throws -> EnrolledView
    func setStatus(_ change: DeviceChange, of device: String, reason: String?) async throws -> DeviceView
    func alerts(status: String, severity: String?, limit: Int) async throws -> AlertPage
    func acknowledge(_ alert: UInt64, note: String?) async throws -> AlertView
    /// What was refused lately, the newest first.
    func refusals(code: String?, principal: String?, limit: Int) async throws -> [RefusalView]
    /// Entities as they are now, of one type or of all.
    func entities(type: String?, limit: Int) async throws -> [EntityView]
    func entity(_ id: String) async throws -> EntityView
    func operators() async throws -> [OperatorView]
    /// Creates an account or gives it a new password; without a password the city makes one.
    func setOperator(_ name: String, role: PersonRole, password: String?) async throws -> OperatorView
    /// Removes an account; its sessions, connections and certificate are good for nothing from then on.
    func removeOperator(_ name: String) async throws
    func operatorCertificate(_ name: String, agency: String, validityDays: Int) async throws -> CertificateView
    /// All tokens, the newest first.
    func tokens() async throws -> [TokenView]
    /// Makes a token; the answer alone has its secret.
    func addToken(to owner: TokenOwner, note: String, validityDays: Int) async throws -> TokenView
    func revokeToken(_ id: String) async throws
    /// The MQTT sessions, by owner and client identifier.
    func mqttSessions(owner: String?, connected: Bool?) async throws -> [MQTTSessionView]
    /// Disconnects an MQTT client, and ends its session where that is asked.
    func disconnect(owner: String, client: String, endsSession: Bool) async throws
    func ledger() async throws -> LedgerView
    func proof(of attribute: String, of entity: String, at time: Timestamp?) async throws -> NestedProof
    func consistency(from: UInt64, to: UInt64?) async throws -> ConsistencyView
    /// Ends the conversation; a city that was opened for it is closed.
    func close() async
}

/// Which devices.
struct DeviceFilter: Sendable {
    var status: DeviceStatus?
    var agency: String?
    var type: String?
}

/// What an operator does to a device.
enum DeviceChange: String, Sendable {
    case suspend, resume, revoke

    /// The status it leads to.
    var status: DeviceStatus {
        switch self {
        case .suspend: .suspended
        case .resume: .active
        case .revoke: .revoked
        }
    }
}

/// Finds out which client a city needs.
enum CityClients {
    /// Speaks with a city: with the running one where its socket answers, else with the closed one.
    static func with<Result: Sendable>(
        _ directory: CityDirectory, _ body: (any CityClient) async throws -> Result
    ) async throws -> Result {
        let client: any CityClient
        if UnixSocketPath.answers(directory.socket) {
            client = RunningCity(directory)
        } else {
            client = try ClosedCity(directory)
        }
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }
}
