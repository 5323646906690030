public import MQTTPackets
public import NIOCore

/// One link of a bridge, from CONNECT to its end: packets in, packets out. Knows no socket.
///
/// `awaitingRemote` from ``begin()`` until CONNACK of the remote broker; then the shell opens the way to this broker and
/// says ``localIsOpen(into:)``: `awaitingLocal` until CONNACK of this one; `relaying` from then on. Whatever goes wrong is
/// thrown, and ends the link: the sessions on both sides know where to go on.
public struct BridgeConversation: Sendable {
    /// What is to be done after a packet.
    public struct Output: Sendable {
        /// To be written to this broker, in order.
        public var toLocal = ByteBuffer()
        /// To be written to the remote broker, in order.
        public var toRemote = ByteBuffer()
        /// What happened, in order.
        public var events: [Event] = []

        /// Nothing to do.
        public init() {}
    }

    /// Something that the shell acts on, counts or tells.
    public enum Event: Sendable, Equatable {
        /// The remote broker has accepted the bridge: open the way to this broker, then say ``localIsOpen(into:)``. Without
        /// a session there, nothing that was received from it before will be spoken of again. The keep-alive is the one to
        /// go by.
        case remoteAccepted(sessionPresent: Bool, keepAlive: Duration)
        /// Messages flow.
        case stands
        /// A message has come in; a first attempt or a repetition.
        case tookIn
        /// A message was given out; a first attempt or a repetition.
        case gaveOut
        /// A message was left out, and why. Its sender has been told that it need not come again.
        case leftOut(Omission)
        /// The remote broker refuses a subscription.
        case subscriptionRefused(String, ReasonCode)
        /// A side has refused a message for good.
        case messageRefused(by: BridgeSide, ReasonCode, reasonString: String?)
    }

    /// Why a message was not handed on.
    public enum Omission: Sendable, Equatable {
        /// It has been here before: see ``HopMark``.
        case loop
        /// No mapping is for its topic: a subscription of an earlier plan.
        case unmapped
        /// It is larger than the other side takes, or what it says cannot be said there.
        case unfit
    }

    enum State: Sendable {
        case awaitingRemote
        case awaitingLocal
        case relaying
    }

    let plan: BridgePlan
    let terms: BridgeTerms
    let deviceTopic: @Sendable (_ device: String, _ channel: String) -> String
    var state = State.awaitingRemote
    var limits = RemoteLimits()
    /// Whether the remote broker kept a session.
    private var remoteSessionPresent = false
    /// What the remote broker has sent before this one was ready.
    private var held: [Packet] = []
    /// Identifiers of QoS 2 messages of a side that were settled here, and not handed on.
    var settledHere: [BridgeSide: Set<UInt16>] = [.local: [], .remote: []]
    /// Identifiers of QoS 2 messages from this broker that went on at QoS 1, because the remote one takes no more.
    var lowered: Set<UInt16> = []

    /// A conversation that has not begun.
    ///
    /// - Parameters:
    ///   - plan: Which topics go where.
    ///   - terms: How the bridge introduces itself.
    ///   - deviceTopic: The topic name here of a device's channel.
    public init(
        plan: BridgePlan, terms: BridgeTerms,
        deviceTopic: @escaping @Sendable (_ device: String, _ channel: String) -> String
    ) {
        self.plan = plan
        self.terms = terms
        self.deviceTopic = deviceTopic
    }

    /// The largest packet that the shell is to take from the remote broker, in bytes. 5.0 lets the bridge say what this
    /// broker takes; of 3.1.1 it takes more, to answer what is too large instead of losing the link over it again and again.
    public var maximumRemotePacketBytes: Int {
        terms.version == .v5 ? terms.maximumLocalPacketBytes : max(terms.maximumLocalPacketBytes, 16 << 20)
    }

    /// CONNECT for the remote broker.
    ///
    /// - Throws: ``BridgeFailure/protocolError(_:_:)`` when the terms cannot be said: a password without a user name in
    ///   3.1.1, say.
    public func begin() throws(BridgeFailure) -> Output {
        var output = Output()
        try write(.connect(terms.remoteConnect), to: .remote, into: &output)
        return output
    }

    /// The way to this broker is open: CONNECT and SUBSCRIBE.
    ///
    /// - Parameter output: Takes the packets.
    /// - Throws: ``BridgeFailure/protocolError(_:_:)`` when the remote broker takes packets so small that nothing fits.
    public mutating func localIsOpen(into output: inout Output) throws(BridgeFailure) {
        let growth = plan.outwardGrowth + (terms.version == .v5 ? terms.mark.bytes + 4 : 0)
        let packetBytes =
            limits.maximumPacketBytes < MQTTLimits.packetBytes ? limits.maximumPacketBytes - growth : nil
        if let packetBytes, packetBytes < 64 {
            throw .protocolError(.remote, "it takes packets of \(limits.maximumPacketBytes) bytes at most: too few")
        }
        let window = min(limits.receiveMaximum, terms.window)
        try write(
            .connect(terms.localConnect(window: window, packetBytes: packetBytes)), to: .local, into: &output)
        // A broker that knows the bridge has what is retained here; what else was said since waits in the session.
        if let subscribe = plan.localSubscribe(withRetained: !remoteSessionPresent) {
            try write(.subscribe(subscribe), to: .local, into: &output)
        }
    }

    /// A packet has come.
    ///
    /// - Parameters:
    ///   - packet: From the remote broker in the edition of the terms; from this one in 5.0.
    ///   - side: Who sent it.
    ///   - output: Takes what is to be done.
    /// - Throws: ``BridgeFailure``: the link is over.
    public mutating func received(
        _ packet: Packet, from side: BridgeSide, into output: inout Output
    ) throws(BridgeFailure) {
        switch (state, side) {
        case (.awaitingRemote, .remote): try accepted(packet, into: &output)
        case (.awaitingLocal, .remote):
            if case .disconnect = packet { return try relay(packet, from: side, into: &output) }
            held.append(packet)
        case (.awaitingLocal, .local): try acceptedHere(packet, into: &output)
        case (.relaying, _): try relay(packet, from: side, into: &output)
        case (.awaitingRemote, .local): throw .protocolError(.local, "\(packet.type) before its time")
        }
    }

    private mutating func accepted(_ packet: Packet, into output: inout Output) throws(BridgeFailure) {
        guard case .connack(let connack) = packet else {
            throw .protocolError(.remote, "\(packet.type) before CONNACK [MQTT-3.2.0-1]")
        }
        guard connack.reasonCode == .success else {
            throw .refused(connack.reasonCode, reasonString: connack.properties.reasonString)
        }
        if terms.version == .v5 { limits = RemoteLimits(connack.properties) }
        remoteSessionPresent = connack.sessionPresent
        state = .awaitingLocal
        output.events.append(
            .remoteAccepted(
                sessionPresent: connack.sessionPresent,
                keepAlive: connack.properties.serverKeepAlive ?? .seconds(terms.keepAliveSeconds)))
    }

    private mutating func acceptedHere(_ packet: Packet, into output: inout Output) throws(BridgeFailure) {
        guard case .connack(let connack) = packet else {
            throw .protocolError(.local, "\(packet.type) before CONNACK")
        }
        guard connack.reasonCode == .success else {
            throw .local(connack.reasonCode, reasonString: connack.properties.reasonString)
        }
        state = .relaying
        if let subscribe = plan.remoteSubscribe(terms, limits) {
            try write(.subscribe(subscribe), to: .remote, into: &output)
        } else {
            output.events.append(.stands)
        }
        let waiting = held
        held = []
        for packet in waiting { try relay(packet, from: .remote, into: &output) }
    }

    /// Appends a packet that every receiver takes.
    func write(_ packet: Packet, to side: BridgeSide, into output: inout Output) throws(BridgeFailure) {
        do throws(PacketEncodingError) {
            switch side {
            case .local: try packet.encode(into: &output.toLocal, version: .v5)
            case .remote:
                try packet.encode(
                    into: &output.toRemote, version: terms.version, maximumPacketBytes: limits.maximumPacketBytes)
            }
        } catch {
            throw .protocolError(side, "\(packet.type) cannot be sent: \(error)")
        }
    }
}

// MARK: What is subscribed to

extension BridgePlan {
    /// SUBSCRIBE at this broker; nil when nothing is given out. What the bridge itself published does not come back.
    ///
    /// What is mapped both ways is never pushed over there because it is retained here: it may have come from there, and be
    /// older than what is there by now.
    ///
    /// - Parameter withRetained: Whether retained messages are to be given out.
    /// - Returns: The packet.
    func localSubscribe(withRetained: Bool) -> Subscribe? {
        guard !outward.isEmpty else { return nil }
        let subscriptions = outward.map { mapping in
            Subscription(
                topicFilter: mapping.localFilter,
                options: SubscriptionOptions(
                    maximumQoS: mapping.qos, noLocal: true, retainAsPublished: true,
                    retainHandling: withRetained && !isTwoWay(mapping) ? .send : .doNotSend))
        }
        return Subscribe(packetIdentifier: BridgePlan.localIdentifier, subscriptions: subscriptions)
    }

    /// Of SUBSCRIBE at this broker, which tells it from publications under the same identifier by what answers it.
    static let localIdentifier: UInt16 = 1

    /// SUBSCRIBE at the remote broker; nil when nothing is taken in.
    func remoteSubscribe(_ terms: BridgeTerms, _ limits: RemoteLimits) -> Subscribe? {
        guard !inward.isEmpty else { return nil }
        let subscriptions = inward.map { mapping in
            let options =
                terms.version == .v5
                ? SubscriptionOptions(
                    maximumQoS: min(mapping.qos, limits.maximumQoS), noLocal: true, retainAsPublished: true,
                    retainHandling: .sendIfNew)
                : SubscriptionOptions(maximumQoS: mapping.qos)
            return Subscription(topicFilter: mapping.remoteFilter, options: options)
        }
        return Subscribe(packetIdentifier: terms.subscribeIdentifier, subscriptions: subscriptions)
    }
}
