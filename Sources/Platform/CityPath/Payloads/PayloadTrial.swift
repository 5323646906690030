public import CityModel
import SparkplugB

/// What a mapping makes of a payload, found out without a city that runs: nothing is recorded.
public struct PayloadTrial: Sendable {
    /// What one value would become.
    public struct Change: Sendable {
        /// The rule's path or metric.
        public let source: String
        /// The attribute of the entity.
        public let attribute: String
        /// In the unit in which the city keeps it.
        public let value: AttributeValue
        /// The unit, a UN/CEFACT Recommendation 20 code.
        public let unitCode: String?
        /// As the payload says; nil where it would be the time of arrival.
        public let observedAt: Timestamp?
        /// How sensitive it is.
        public let dataClass: DataClass
    }

    /// The device whose values they are, by the topic; nil where only a layout was named.
    public let device: DeviceID?
    /// The layout that was used; nil for messages that are given on and not read.
    public let layout: String?
    /// The type of device that was assumed.
    public let deviceType: String?
    /// The type of the entity.
    public let entityType: String?
    /// What would change, in the payload's order.
    public let changes: [Change]
    /// What else there is to say, such as that an edge node is gone.
    public let remark: String?
}

extension PayloadMappings {
    /// What is tried.
    public struct TrialRequest: Sendable {
        /// A message.
        public struct Message: Sendable {
            /// Where it was published.
            public let topic: String
            /// What was published.
            public let payload: [UInt8]

            /// A message.
            public init(topic: String, payload: [UInt8]) {
                self.topic = topic
                self.payload = payload
            }
        }

        /// The message.
        public var message: Message
        /// Messages of the same edge node that came before, such as its births.
        public var earlier: [Message]
        /// The layout to use; nil for the one that fits the topic.
        public var layout: String?
        /// What the device was enrolled as; nil for the first type that the layout is for.
        public var deviceType: String?

        /// A request.
        public init(
            message: Message, earlier: [Message] = [], layout: String? = nil, deviceType: String? = nil
        ) {
            self.message = message
            self.earlier = earlier
            self.layout = layout
            self.deviceType = deviceType
        }
    }

    /// Tries a mapping.
    ///
    /// - Returns: What the message would change, or the refusal that its sender would get.
    public func trial(_ request: TrialRequest, at now: Timestamp) -> Result<PayloadTrial, Refusal> {
        if let name = SparkplugTopicName(request.message.topic) { return sparkplugTrial(name, request, now) }
        let topic = request.message.topic
        var fit: (layout: PayloadLayout, type: String, device: DeviceID?)?
        if let name = request.layout {
            guard let layout = layouts.first(where: { $0.name == name }) else {
                return .failure(.payload(.unsupported, "there is no layout `\(name)`: see `bastide payload list`"))
            }
            let types = request.deviceType.map { [$0] } ?? layout.deviceTypes ?? []
            let type = types.first { layout.isFor($0) }
            guard layout.form == .message || type != nil else {
                let known = (layout.deviceTypes ?? []).map { "`\($0)`" }.joined(separator: ", ")
                return .failure(.payload(.unsupported, "layout `\(name)` is for devices of the types \(known)"))
            }
            fit = (layout, type ?? "", device(on: topic, by: layout))
        } else if let claim = anyClaim(topic, request.deviceType) {
            switch claim {
            case (.message(let publisher), _):
                return .success(
                    PayloadTrial(
                        device: publisher, layout: nil, deviceType: nil, entityType: nil, changes: [],
                        remark: "the message is given on to subscribers, and not kept"))
            case (.values(let layout, _, let subject), let type): fit = (layout, type, subject)
            case (.sparkplug, _): break
            }
        }
        guard let fit else {
            return .failure(.payload(.topicNotOwn, "no layout has the topic `\(topic)`: see `bastide payload list`"))
        }
        guard fit.layout.form != .message else {
            return .success(
                PayloadTrial(
                    device: fit.device, layout: fit.layout.name, deviceType: nil, entityType: nil, changes: [],
                    remark: "the message is given on to subscribers, and not kept"))
        }
        guard let reader = readers[ReaderKey(layout: fit.layout.name, deviceType: fit.type)] else {
            return .failure(
                .payload(
                    .unitMismatch,
                    "layout `\(fit.layout.name)` cannot be used for `\(fit.type)`: the city's catalogue keeps one of its "
                        + "attributes in a unit that the layout's cannot become"))
        }
        return request.message.payload.withUnsafeBytes { reader.read($0, at: now) }.map { values in
            PayloadTrial(reader, values, device: fit.device)
        }
    }

    /// The device that a topic names by a layout's patterns.
    private func device(on topic: String, by layout: PayloadLayout) -> DeviceID? {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        for pattern in layout.topics {
            guard let name = pattern.match(levels) else { continue }
            if pattern.name == .device { return DeviceID(name) }
            return gateways.values.sorted { $0.id < $1.id }.compactMap { $0.devices[name] }.first
        }
        return nil
    }

    /// The claim on a topic for the first type of device that has one.
    private func anyClaim(_ topic: String, _ deviceType: String?) -> (Claim, String)? {
        let types = deviceType.map { [$0] } ?? layouts.flatMap { $0.deviceTypes ?? [] }
        for type in types {
            if let claim = claim(topic, by: nil, deviceType: { _ in type }) { return (claim, type) }
        }
        return nil
    }

    private func sparkplugTrial(
        _ name: SparkplugTopicName, _ request: TrialRequest, _ now: Timestamp
    ) -> Result<PayloadTrial, Refusal> {
        let layout = layouts.first { layout in
            guard layout.form == .sparkplugB else { return false }
            return (request.layout ?? layout.name) == layout.name && (request.deviceType.map(layout.isFor) ?? true)
        }
        guard let layout, let type = request.deviceType ?? layout.deviceTypes?.first,
            let reader = readers[ReaderKey(layout: layout.name, deviceType: type)]
        else {
            return .failure(.payload(.unsupported, "no such layout maps Sparkplug B: see `bastide payload list`"))
        }
        var node = SparkplugNode()
        for message in request.earlier {
            guard let earlier = SparkplugTopicName(message.topic) else {
                return .failure(.payload(.topicNotOwn, "`\(message.topic)` is no topic of Sparkplug B"))
            }
            switch PayloadMappings.decoded(message.payload) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let payload): _ = node.receive(earlier.type, device: earlier.device, payload)
            }
        }
        let publisher = edgeNodes[EdgeNode(group: name.group, node: name.node)]
        let device =
            name.device.map { foreign in
                publisher.flatMap { gateways[$0]?.devices[foreign] }
            } ?? publisher
        return PayloadMappings.decoded(request.message.payload).flatMap { payload in
            switch node.receive(name.type, device: name.device, payload) {
            case .malformed(let why): return .failure(.malformed("\(name.type.rawValue): \(why)"))
            case .rebirthNeeded(let why):
                return .failure(.malformed("\(why): give the births before it with --after TOPIC=FILE"))
            case .stale: return .success(PayloadTrial(reader, [], device: device, remark: "it is of no session"))
            case .nodeDied, .deviceDied:
                return .success(PayloadTrial(reader, reader.connected(false), device: device))
            case .metrics(let readings):
                let isBirth = name.type == .nodeBirth || name.type == .deviceBirth
                return reader.read(readings, at: now).map { values in
                    PayloadTrial(reader, isBirth ? values + reader.connected(true) : values, device: device)
                }
            }
        }
    }

    private static func decoded(_ bytes: [UInt8]) -> Result<SparkplugPayload, Refusal> {
        do throws(SparkplugError) {
            return .success(try SparkplugPayload(decoding: bytes))
        } catch {
            return .failure(.malformed(error.message))
        }
    }
}

extension PayloadTrial {
    fileprivate init(_ reader: PayloadReader, _ values: [PayloadValue], device: DeviceID?, remark: String? = nil) {
        let none = values.isEmpty ? "there is nothing in it to be kept" : nil
        self.init(
            device: device, layout: reader.layout.name, deviceType: reader.deviceType, entityType: reader.entityType,
            changes: values.map { value in
                let known = reader.bindings.first { $0.rule.source == value.source }?.specification ?? reader.connected
                return Change(
                    source: value.source, attribute: value.attribute, value: value.value, unitCode: value.unit,
                    observedAt: value.observedAt,
                    dataClass: known?.label.dataClass ?? .restricted)
            }, remark: remark ?? none)
    }
}
