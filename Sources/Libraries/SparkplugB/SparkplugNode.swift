/// What a host knows of one edge node: whether it is there, and what its aliases mean (§5, §6.4.20 to §6.4.27).
///
/// A value: messages in, their meaning out.
///
///     offline ── NBIRTH ──► online ── NDEATH of the same bdSeq ──► offline
///                            │ ▲
///           gap in seq, data │ │ NBIRTH
///           without birth    ▼ │
///                          lost: everything but a birth and a death is answered with "a birth is needed"
public struct SparkplugNode: Sendable {
    /// What a message means.
    public enum Outcome: Sendable, Equatable {
        /// It says these.
        case metrics([Reading])
        /// The edge node is gone, and its devices with it.
        case nodeDied(devices: [String])
        /// One device is gone.
        case deviceDied
        /// It is of a session that is over, and says nothing any more.
        case stale
        /// It cannot be understood before the edge node has sent its births again: ask for them.
        case rebirthNeeded(String)
        /// It is not as it must be.
        case malformed(String)
    }

    /// One metric with what its birth says of it.
    public struct Reading: Sendable, Equatable {
        /// What it is called.
        public let name: String
        /// Its value.
        public let value: SparkplugValue
        /// When it was so, in milliseconds since 1970, UTC; nil where neither metric nor payload says it.
        public let timestamp: UInt64?
    }

    /// What a birth says of the metrics of an edge node or a device.
    private struct Birth: Sendable {
        var types: [String: SparkplugDataType] = [:]
        var names: [UInt64: String] = [:]
    }

    private struct Session: Sendable {
        /// Ties a death to its birth; nil where the birth has none.
        let birthDeathSequence: UInt64?
        var nextSequence: UInt64
        var node: Birth
        var devices: [String: Birth] = [:]
    }

    private enum State: Sendable {
        case offline
        case online(Session)
        case lost(Session)
    }

    private var state = State.offline

    /// An edge node of which nothing is known yet.
    public init() {}

    /// Whether its births are known and no message is missing since.
    public var isOnline: Bool {
        if case .online = state { true } else { false }
    }

    /// Takes one message, in the order in which they came.
    ///
    /// - Parameters:
    ///   - type: What it is; commands say nothing of the edge node and are malformed here.
    ///   - device: The device, of messages of devices.
    ///   - payload: What it holds.
    /// - Returns: What it means.
    public mutating func receive(
        _ type: SparkplugTopicName.MessageType, device: String?, _ payload: SparkplugPayload
    ) -> Outcome {
        switch type {
        case .nodeBirth: return nodeBirth(payload)
        case .nodeDeath: return nodeDeath(payload)
        case .nodeCommand, .deviceCommand: return .malformed("an edge node hears commands and sends none")
        case .nodeData, .deviceBirth, .deviceData, .deviceDeath: break
        }
        guard var session = takeSession() else {
            return .rebirthNeeded("\(type.rawValue) before NBIRTH")
        }
        guard let sequence = payload.sequence else {
            state = .lost(session)
            return .rebirthNeeded("\(type.rawValue) without `seq`")
        }
        guard sequence == session.nextSequence else {
            state = .lost(session)
            return .rebirthNeeded("expected `seq` \(session.nextSequence), found \(sequence)")
        }
        session.nextSequence = (sequence + 1) % 256
        let outcome = understood(type, device ?? "", payload, &session)
        if case .rebirthNeeded = outcome { state = .lost(session) } else { state = .online(session) }
        return outcome
    }

    private func takeSession() -> Session? {
        if case .online(let session) = state { session } else { nil }
    }

    private func understood(
        _ type: SparkplugTopicName.MessageType, _ device: String, _ payload: SparkplugPayload, _ session: inout Session
    ) -> Outcome {
        switch type {
        case .deviceBirth:
            guard session.devices[device] != nil || session.devices.count < SparkplugLimits.devices else {
                return .malformed("the edge node has \(SparkplugLimits.devices) devices already")
            }
            session.devices[device] = nil
            var taken = session.node.names
            for other in session.devices.values { taken.merge(other.names) { first, _ in first } }
            switch SparkplugNode.birth(payload, taken: taken) {
            case .failure(let fault): return .malformed(fault.message)
            case .success(let birth): session.devices[device] = birth
            }
            return data(payload, of: session.devices[device])
        case .deviceDeath:
            guard session.devices.removeValue(forKey: device) != nil else { return .stale }
            return .deviceDied
        case .deviceData:
            guard let birth = session.devices[device] else { return .rebirthNeeded("DDATA before DBIRTH") }
            return data(payload, of: birth)
        default: return data(payload, of: session.node)
        }
    }

    private func data(_ payload: SparkplugPayload, of birth: Birth?) -> Outcome {
        guard let birth else { return .metrics([]) }
        var readings: [Reading] = []
        readings.reserveCapacity(payload.metrics.count)
        for metric in payload.metrics {
            guard let name = metric.name ?? metric.alias.flatMap({ birth.names[$0] }) else {
                let alias = metric.alias.map { "alias \($0)" } ?? "neither name nor alias"
                return .rebirthNeeded("a metric with \(alias), which no birth names")
            }
            guard let type = birth.types[name] else {
                return .rebirthNeeded("the metric `\(name.prefix(64))`, which no birth names")
            }
            readings.append(
                Reading(name: name, value: metric.value(as: type), timestamp: metric.timestamp ?? payload.timestamp))
        }
        return .metrics(readings)
    }

    // MARK: Births and deaths

    /// Ties NDEATH to NBIRTH (§6.4.19); not a metric of the edge node's.
    private static let birthDeathName = "bdSeq"

    private struct Fault: Error {
        let message: String
    }

    private static func birth(
        _ payload: SparkplugPayload, taken: [UInt64: String] = [:]
    ) -> Result<Birth, Fault> {
        var birth = Birth()
        for metric in payload.metrics {
            guard let name = metric.name, !name.isEmpty else {
                return .failure(Fault(message: "a metric of a birth has no name"))
            }
            guard let type = metric.dataType else {
                return .failure(Fault(message: "metric `\(name.prefix(64))` of a birth has no type"))
            }
            birth.types[name] = type
            guard let alias = metric.alias else { continue }
            if let other = birth.names[alias] ?? taken[alias], other != name || taken[alias] != nil {
                return .failure(
                    Fault(message: "alias \(alias) is `\(other.prefix(64))`'s and `\(name.prefix(64))`'s at once"))
            }
            birth.names[alias] = name
        }
        return .success(birth)
    }

    private mutating func nodeBirth(_ payload: SparkplugPayload) -> Outcome {
        guard let sequence = payload.sequence, sequence < 256 else {
            return .malformed("NBIRTH without a `seq` from 0 to 255")
        }
        switch SparkplugNode.birth(payload) {
        case .failure(let fault): return .malformed(fault.message)
        case .success(let birth):
            let session = Session(
                birthDeathSequence: SparkplugNode.birthDeathSequence(payload), nextSequence: (sequence + 1) % 256,
                node: birth)
            state = .online(session)
            guard case .metrics(let readings) = data(payload, of: birth) else { return .metrics([]) }
            return .metrics(readings.filter { $0.name != SparkplugNode.birthDeathName })
        }
    }

    private mutating func nodeDeath(_ payload: SparkplugPayload) -> Outcome {
        let session: Session
        switch state {
        case .offline: return .stale
        case .online(let known), .lost(let known): session = known
        }
        if let expected = session.birthDeathSequence, let found = SparkplugNode.birthDeathSequence(payload),
            found != expected
        {
            return .stale
        }
        state = .offline
        return .nodeDied(devices: session.devices.keys.sorted())
    }

    private static func birthDeathSequence(_ payload: SparkplugPayload) -> UInt64? {
        guard let metric = payload.metrics.first(where: { $0.name == birthDeathName }) else { return nil }
        switch metric.wire {
        case .int(let bits): return UInt64(bits)
        case .long(let bits): return bits
        default: return nil
        }
    }
}
