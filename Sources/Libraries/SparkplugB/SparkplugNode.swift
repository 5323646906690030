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

        /// A metric's value.
        public init(name: String, value: SparkplugValue, timestamp: UInt64?) {
            self.name = name
            self.value = value
            self.timestamp = timestamp
        }
    }

    /// What the births of a session say. The edge node itself is the device whose name is empty: no device's is.
    fileprivate struct Session: Sendable {
        struct Alias: Sendable {
            let device: String
            let metric: String
        }

        /// Ties a death to its birth; nil where the birth has none.
        let birthDeathSequence: UInt64?
        var nextSequence: UInt64
        /// From device to metric to type.
        var types: [String: [String: SparkplugDataType]] = [:]
        /// An alias is unique among all metrics of the edge node and its devices.
        var aliases: [UInt64: Alias] = [:]
        /// Metrics of all births together.
        var metrics = 0
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
        guard case .online(var session) = state else { return .rebirthNeeded("\(type.rawValue) before NBIRTH") }
        // Held once, so that it is changed where it is.
        state = .offline
        let outcome = understood(type, device ?? "", payload, &session)
        if case .rebirthNeeded = outcome { state = .lost(session) } else { state = .online(session) }
        return outcome
    }

    private func understood(
        _ type: SparkplugTopicName.MessageType, _ device: String, _ payload: SparkplugPayload, _ session: inout Session
    ) -> Outcome {
        guard let sequence = payload.sequence else { return .rebirthNeeded("\(type.rawValue) without `seq`") }
        guard sequence == session.nextSequence else {
            return .rebirthNeeded("expected `seq` \(session.nextSequence), found \(sequence)")
        }
        session.nextSequence = (sequence + 1) % 256
        switch type {
        case .deviceBirth:
            session.forget(device)
            if let fault = session.take(payload, of: device) { return .malformed(fault) }
        case .deviceDeath:
            guard session.types[device] != nil else { return .stale }
            session.forget(device)
            return .deviceDied
        case .deviceData:
            guard session.types[device] != nil else { return .rebirthNeeded("DDATA before DBIRTH") }
        default: break
        }
        return session.readings(of: payload, device)
    }

    // MARK: Births and deaths

    /// Ties NDEATH to NBIRTH (§6.4.19); not a metric of the edge node's.
    private static let birthDeathName = "bdSeq"

    private mutating func nodeBirth(_ payload: SparkplugPayload) -> Outcome {
        guard let sequence = payload.sequence, sequence < 256 else {
            return .malformed("NBIRTH without a `seq` from 0 to 255")
        }
        var session = Session(
            birthDeathSequence: SparkplugNode.birthDeathSequence(payload), nextSequence: (sequence + 1) % 256)
        if let fault = session.take(payload, of: "") { return .malformed(fault) }
        state = .online(session)
        guard case .metrics(let readings) = session.readings(of: payload, "") else { return .metrics([]) }
        return .metrics(readings.filter { $0.name != SparkplugNode.birthDeathName })
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
        return .nodeDied(devices: session.types.keys.filter { !$0.isEmpty }.sorted())
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

extension SparkplugNode.Session {
    /// Takes a birth; what was known of the device has been forgotten before.
    ///
    /// - Returns: What is wrong with it, and then nothing of it was taken.
    mutating func take(_ birth: SparkplugPayload, of device: String) -> String? {
        // The edge node's own is one more.
        guard types.count <= SparkplugLimits.devices else {
            return "the edge node has \(SparkplugLimits.devices) devices already"
        }
        guard metrics + birth.metrics.count <= SparkplugLimits.metrics else {
            return "the edge node and its devices would have more than \(SparkplugLimits.metrics) metrics"
        }
        types[device] = [:]
        for metric in birth.metrics {
            if let fault = take(metric, of: device) {
                forget(device)
                return fault
            }
        }
        return nil
    }

    private mutating func take(_ metric: SparkplugMetric, of device: String) -> String? {
        guard let name = metric.name, !name.isEmpty else { return "a metric of a birth has no name" }
        guard let type = metric.dataType else { return "metric `\(name.prefix(64))` of a birth has no type" }
        if types[device, default: [:]].updateValue(type, forKey: name) == nil { metrics += 1 }
        guard let alias = metric.alias else { return nil }
        let other = aliases.updateValue(Alias(device: device, metric: name), forKey: alias)
        guard let other, other.metric != name || other.device != device else { return nil }
        aliases[alias] = other
        return "alias \(alias) is `\(other.metric.prefix(64))`'s and `\(name.prefix(64))`'s at once"
    }

    /// Forgets a device and its aliases.
    mutating func forget(_ device: String) {
        guard let known = types.removeValue(forKey: device) else { return }
        metrics -= known.count
        aliases = aliases.filter { $0.value.device != device }
    }

    /// What metrics say, by the births.
    func readings(of payload: SparkplugPayload, _ device: String) -> SparkplugNode.Outcome {
        let known = types[device] ?? [:]
        var readings: [SparkplugNode.Reading] = []
        readings.reserveCapacity(payload.metrics.count)
        for metric in payload.metrics {
            let aliased = metric.alias.flatMap { aliases[$0] }.flatMap { $0.device == device ? $0.metric : nil }
            // The alias first: where a birth has given one, data have it alone, and some senders a name of another form.
            guard let name = aliased ?? metric.name else {
                let alias = metric.alias.map { "alias \($0)" } ?? "neither name nor alias"
                return .rebirthNeeded("a metric with \(alias), which no birth names")
            }
            guard let type = known[name] else {
                return .rebirthNeeded("the metric `\(name.prefix(64))`, which no birth names")
            }
            readings.append(
                SparkplugNode.Reading(
                    name: name, value: metric.value(as: type), timestamp: metric.timestamp ?? payload.timestamp))
        }
        return .metrics(readings)
    }
}
