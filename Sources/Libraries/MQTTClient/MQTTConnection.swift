public import MQTTPackets
public import NIOCore
public import NIOPosix
public import NIOSSL

/// An accepted connection to an MQTT server. May be used from any thread and task.
///
/// It stays until ``disconnect(_:)``, until the server ends it, or until the server stops answering. When the last
/// reference goes, it is closed without DISCONNECT, and the server publishes the will.
public final class MQTTConnection: Sendable {
    /// The server's answer to CONNECT, with all that it grants.
    public let connack: Connack
    /// The client identifier in use: the one given, or the one that the server chose.
    public let clientIdentifier: String
    /// Messages from the server, in order. To be read by one task. Ends with the connection.
    ///
    /// A QoS 1 or 2 message is acknowledged when it is put into this stream.
    public var messages: AsyncStream<MQTTMessage> { inbox.messages }

    private let channel: any Channel
    private let handler: NIOLoopBound<ConnectionHandler>
    private let outbox: Outbox
    private let inbox: Inbox
    private let whenClosed: EventLoopFuture<MQTTCloseReason>

    private init(_ parts: Parts, connack: Connack, options: MQTTConnectionOptions) {
        self.connack = connack
        clientIdentifier = connack.properties.assignedClientIdentifier ?? options.clientIdentifier
        (channel, handler, outbox, inbox) = (parts.channel, parts.handler, parts.outbox, parts.inbox)
        whenClosed = parts.closed
    }

    deinit { channel.close(promise: nil) }

    /// How many received messages were dropped, because nobody read ``messages`` fast enough.
    public var droppedMessages: Int { inbox.droppedCount }

    /// Why the connection ended; waits until it has.
    public var closed: MQTTCloseReason {
        get async { (try? await whenClosed.get()) ?? .lost(nil) }
    }

    /// Whether the connection still stands, as far as this side knows.
    public var isOpen: Bool { channel.isActive }
}

// MARK: Connecting

extension MQTTConnection {
    private struct Parts: Sendable {
        let channel: any Channel
        let handler: NIOLoopBound<ConnectionHandler>
        let outbox: Outbox
        let inbox: Inbox
        let connack: EventLoopFuture<Connack>
        let closed: EventLoopFuture<MQTTCloseReason>
    }

    /// Connects, introduces itself, and waits for CONNACK.
    ///
    /// - Parameters:
    ///   - host: Name or IP address of the server.
    ///   - port: 1883 by custom, 8883 with TLS.
    ///   - tls: How to speak TLS, with trust roots and client certificate; nil speaks plain TCP.
    ///   - serverName: The name that the server's certificate must bear, and that is sent as SNI; nil takes `host`. For an
    ///     IP address no SNI is sent, and the certificate must bear the address.
    ///   - options: How to introduce oneself.
    ///   - group: Where the connection lives.
    /// - Returns: The accepted connection.
    /// - Throws: ``MQTTConnectionError`` with code `unreachable`, `refused` (and the server's reason code), `timedOut`,
    ///   `notSent` or `protocolError`.
    public static func connect(
        host: String, port: Int, tls: NIOSSLContext? = nil, serverName: String? = nil,
        options: MQTTConnectionOptions = MQTTConnectionOptions(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(MQTTConnectionError) -> MQTTConnection {
        try checkBeforehand(options)
        let parts: Parts
        do {
            let sni = serverName ?? (isIPAddress(host) ? nil : host)
            parts = try await bootstrap(options, group).connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try assemble(channel, tls, sni, options) }
            }
        } catch {
            throw MQTTConnectionError(.unreachable, "cannot connect to `\(host)` port \(port): \(error)", cause: error)
        }
        do {
            let connack = try await parts.connack.get()
            return MQTTConnection(parts, connack: connack, options: options)
        } catch {
            throw error as? MQTTConnectionError
                ?? MQTTConnectionError(.unreachable, "cannot connect to `\(host)` port \(port): \(error)", cause: error)
        }
    }

    private static func checkBeforehand(_ options: MQTTConnectionOptions) throws(MQTTConnectionError) {
        var scratch = ByteBuffer()
        do {
            try Packet.connect(options.connect).encode(into: &scratch, version: options.version)
        } catch {
            throw MQTTConnectionError(.notSent, "CONNECT not sent: \(error)", cause: error)
        }
    }

    private static func bootstrap(_ options: MQTTConnectionOptions, _ group: any EventLoopGroup) throws
        -> ClientBootstrap
    {
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(options.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        guard let localAddress = options.localAddress else { return bootstrap }
        return bootstrap.bind(to: try SocketAddress(ipAddress: localAddress, port: 0))
    }

    private static func isIPAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }

    private static func assemble(
        _ channel: any Channel, _ tls: NIOSSLContext?, _ serverName: String?, _ options: MQTTConnectionOptions
    ) throws -> Parts {
        if let tls {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: serverName)
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        let outbox = Outbox(places: options.publishWindow)
        let inbox = Inbox(backlog: options.messageBacklog)
        let promises = ConnectionHandler.Promises(
            connack: channel.eventLoop.makePromise(), closed: channel.eventLoop.makePromise())
        let handler = ConnectionHandler(options: options, outbox: outbox, inbox: inbox, promises: promises)
        try channel.pipeline.syncOperations.addHandler(handler)
        return Parts(
            channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop), outbox: outbox,
            inbox: inbox, connack: promises.connack.futureResult, closed: promises.closed.futureResult)
    }
}

// MARK: Publishing

extension MQTTConnection {
    /// Publishes, and waits until the message is delivered: at QoS 1 until PUBACK, at QoS 2 until PUBCOMP; at QoS 0
    /// until it has been written to the network.
    ///
    /// - Parameters:
    ///   - topicName: Where to; UTF-8, not empty, no wildcards.
    ///   - payload: The message.
    ///   - qos: How hard to try.
    ///   - retain: Whether the server keeps it as the last value of the topic.
    ///   - properties: 5.0 only.
    /// - Returns: What the server said. In 5.0 it may be a failure, such as ``ReasonCode/notAuthorized``.
    /// - Throws: ``MQTTConnectionError`` with code `closed` or `notSent`.
    public func publish(
        topicName: String, payload: ByteBuffer, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: Properties = []
    ) async throws(MQTTConnectionError) -> ReasonCode {
        try await outbox.takePlace()
        let outcome = await withCheckedContinuation { continuation in
            put(
                OutgoingMessage(
                    topicName: ByteBuffer(string: topicName), payload: payload, qos: qos, retain: retain,
                    properties: properties, completion: { continuation.resume(returning: $0) }))
        }
        return try outcome.get()
    }

    /// Publishes without waiting for the delivery; for many messages in a row.
    ///
    /// Messages leave in the order of the calls. At most ``MQTTConnectionOptions/publishWindow`` are unsettled at a
    /// time: when they are, the call waits, and otherwise it does not suspend. No task is made, and the event loop is
    /// woken once for many messages.
    ///
    /// - Parameters:
    ///   - topicName: Where to; UTF-8, not empty, no wildcards.
    ///   - payload: The message.
    ///   - qos: How hard to try.
    ///   - retain: Whether the server keeps it as the last value of the topic.
    ///   - properties: 5.0 only.
    ///   - completion: Called once, on the event loop as a rule: it must not block. What it gets is what
    ///     ``publish(topicName:payload:qos:retain:properties:)`` returns or throws.
    /// - Throws: ``MQTTConnectionError`` with code `closed`, if the connection had ended before the message was taken;
    ///   then `completion` is not called.
    public func publishPipelined(
        topicName: ByteBuffer, payload: ByteBuffer, qos: QoS = .atLeastOnce, retain: Bool = false,
        properties: Properties = [],
        completion: @escaping @Sendable (Result<ReasonCode, MQTTConnectionError>) -> Void
    ) async throws(MQTTConnectionError) {
        try await outbox.takePlace()
        put(
            OutgoingMessage(
                topicName: topicName, payload: payload, qos: qos, retain: retain, properties: properties,
                completion: completion))
    }

    private func put(_ message: OutgoingMessage) {
        guard outbox.put(message) else { return }
        let handler = handler
        channel.eventLoop.execute { handler.value.drainOutbox() }
    }
}

// MARK: Subscribing and leaving

extension MQTTConnection {
    /// Subscribes; messages arrive in ``messages``.
    ///
    /// - Parameters:
    ///   - subscriptions: At least one.
    ///   - properties: 5.0 only.
    /// - Returns: For each subscription the QoS granted, or why it was refused.
    /// - Throws: ``MQTTConnectionError`` with code `closed`, `notSent` or `protocolError`.
    public func subscribe(
        _ subscriptions: [Subscription], properties: Properties = []
    ) async throws(MQTTConnectionError) -> [ReasonCode] {
        let codes = try await request(answeredBy: .suback) { identifier in
            .subscribe(
                Subscribe(packetIdentifier: identifier, subscriptions: subscriptions, properties: properties))
        }
        guard codes.count == subscriptions.count else {
            throw MQTTConnectionError(.protocolError, "SUBACK with \(codes.count) reason codes [MQTT-3.8.4-6]")
        }
        return codes
    }

    /// Subscribes to one topic filter.
    ///
    /// - Parameters:
    ///   - topicFilter: Which topics.
    ///   - qos: The greatest QoS at which to receive messages.
    /// - Returns: The QoS granted, or why the subscription was refused.
    /// - Throws: ``MQTTConnectionError`` with code `closed`, `notSent` or `protocolError`.
    public func subscribe(
        to topicFilter: TopicFilter, qos: QoS = .atLeastOnce
    ) async throws(MQTTConnectionError) -> ReasonCode {
        let options = SubscriptionOptions(maximumQoS: qos)
        return try await subscribe([Subscription(topicFilter: topicFilter, options: options)])[0]
    }

    /// Gives subscriptions up.
    ///
    /// - Parameter topicFilters: At least one, each as it was subscribed to.
    /// - Returns: In 5.0, what became of each; nothing in 3.1.1.
    /// - Throws: ``MQTTConnectionError`` with code `closed`, `notSent` or `protocolError`.
    public func unsubscribe(_ topicFilters: [TopicFilter]) async throws(MQTTConnectionError) -> [ReasonCode] {
        let codes = try await request(answeredBy: .unsuback) { identifier in
            .unsubscribe(Unsubscribe(packetIdentifier: identifier, topicFilters: topicFilters))
        }
        guard codes.isEmpty || codes.count == topicFilters.count else {
            throw MQTTConnectionError(.protocolError, "UNSUBACK with \(codes.count) reason codes (5.0 §3.11.3)")
        }
        return codes
    }

    private func request(
        answeredBy type: PacketType, _ make: @escaping @Sendable (UInt16) -> Packet
    ) async throws(MQTTConnectionError) -> [ReasonCode] {
        let handler = handler
        do {
            return try await channel.eventLoop.flatSubmit { handler.value.request(answeredBy: type, make) }.get()
        } catch {
            throw error as? MQTTConnectionError
                ?? MQTTConnectionError(.closed, "connection has ended", cause: error)
        }
    }

    /// Sends DISCONNECT after all messages handed over before, and waits until the connection is closed. What is
    /// unsettled by then fails with `closed`. Does nothing on a connection that has ended.
    ///
    /// - Parameter reasonCode: 5.0 only, for instance ``ReasonCode/disconnectWithWillMessage``.
    public func disconnect(_ reasonCode: ReasonCode = .normalDisconnection) async {
        let handler = handler
        channel.eventLoop.execute { handler.value.disconnect(reasonCode) }
        _ = await closed
    }
}
