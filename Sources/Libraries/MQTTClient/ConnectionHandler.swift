import MQTTPackets
import NIOCore

/// Carries out on the event loop what ``ClientSession`` and ``PingSchedule`` answer. Confined to that event loop.
///
/// Packets are written into one buffer, which is flushed once for all that was caused by one event.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the connection was promised, and what the world outside the event loop awaits.
    struct Promises {
        let connack: EventLoopPromise<Connack>
        let closed: EventLoopPromise<MQTTCloseReason>
    }

    let options: MQTTConnectionOptions
    let outbox: Outbox
    private let inbox: Inbox
    private let promises: Promises
    private var session: ClientSession<OutgoingMessage.Completion>
    private var decoder: PacketDecoder
    private var pings = PingSchedule()
    private var received = ByteBuffer()
    private var outgoing = ByteBuffer()
    /// QoS 0 messages in ``outgoing``, which are settled when they have been written.
    private var unflushed: [OutgoingMessage.Completion] = []
    /// Messages that wait for the send quota (5.0 §4.9).
    private var unsent = CircularBuffer<OutgoingMessage>()
    private var requests: [UInt16: EventLoopPromise<[ReasonCode]>] = [:]
    private var server = ServerLimits()
    private var settledPlaces = 0
    private var closeReason: MQTTCloseReason?
    private var context: ChannelHandlerContext?
    private var pingPeriod = TimeAmount.zero
    private var timer: Scheduled<Void>?
    private var deadline: Scheduled<Void>?

    init(options: MQTTConnectionOptions, outbox: Outbox, inbox: Inbox, promises: Promises) {
        self.options = options
        self.outbox = outbox
        self.inbox = inbox
        self.promises = promises
        session = ClientSession(version: options.version)
        decoder = PacketDecoder(role: .client(options.version), maximumPacketBytes: options.maximumPacketBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.lost(nil))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(.lost(nil))
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.lost(error))
    }

    private func begin(_ context: ChannelHandlerContext) {
        send(.connect(options.connect))
        flush()
        let timeout = TimeAmount(options.connectTimeout)
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { self.end(.connectTimeout) }
    }
}

// MARK: From the server

extension ConnectionHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = bytes } else { received.writeBuffer(&bytes) }
        do {
            while closeReason == nil, let packet = try decoder.next(from: &received) {
                pings.packetReceived()
                carryOut(session.received(packet))
            }
        } catch {
            fail(error.reasonCode, error.message)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        sendWaiting()
        flush()
        outbox.giveBack(places: settledPlaces)
        settledPlaces = 0
        context.fireChannelReadComplete()
    }

    private func carryOut(_ action: ClientSession<OutgoingMessage.Completion>.Action) {
        switch action {
        case .nothing: break
        case .open(let connack): open(connack)
        case .refused(let connack): end(.refused(connack.reasonCode, reasonString: connack.properties.reasonString))
        case .deliver(let publish, let answer):
            inbox.put(MQTTMessage(publish))
            if let answer { send(answer) }
        case .send(let packet): send(packet)
        case .settled(let completion, let reasonCode):
            settledPlaces += 1
            completion(.success(reasonCode))
        case .answered(let identifier, let reasonCodes):
            requests.removeValue(forKey: identifier)?.succeed(reasonCodes)
        case .disconnected(let disconnect):
            end(
                .serverDisconnected(
                    disconnect.reasonCode, reasonString: disconnect.properties.reasonString,
                    serverReference: disconnect.properties.serverReference))
        case .fault(let reasonCode, let text): fail(reasonCode, text)
        }
    }

    private func open(_ connack: Connack) {
        deadline?.cancel()
        server = ServerLimits(connack.properties)
        startPings(every: connack.properties.serverKeepAlive ?? .seconds(options.connect.keepAliveSeconds))
        promises.connack.succeed(connack)
    }

    private func startPings(every keepAlive: Duration) {
        guard keepAlive > .zero else { return }
        pingPeriod = TimeAmount(keepAlive / PingSchedule.firingsPerInterval)
        scheduleNextPing()
    }

    private func scheduleNextPing() {
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: pingPeriod) {
            self.pingIfDue()
            if self.closeReason == nil { self.scheduleNextPing() }
        }
    }

    private func pingIfDue() {
        switch pings.timerFired() {
        case .nothing: break
        case .ping:
            send(.pingreq)
            flush()
        case .giveUp: end(.keepAliveTimeout)
        }
    }
}

// MARK: To the server

extension ConnectionHandler {
    /// Takes what publishers have put into the outbox.
    func drainOutbox() {
        unsent.append(contentsOf: outbox.drain())
        sendWaiting()
        flush()
        outbox.giveBack(places: settledPlaces)
        settledPlaces = 0
    }

    /// Sends as many of the waiting messages as the send quota allows, in order.
    private func sendWaiting() {
        guard closeReason == nil else { return }
        while let message = unsent.first, message.qos == .atMostOnce || session.inFlight < server.receiveMaximum {
            unsent.removeFirst()
            publish(message)
        }
    }

    private func publish(_ message: OutgoingMessage) {
        var identifier: UInt16?
        do throws(MQTTConnectionError) {
            try server.check(message)
            if message.qos != .atMostOnce {
                identifier = session.beginDelivery(message.completion, qos: message.qos)
                guard identifier != nil else { throw MQTTConnectionError(.notSent, "no packet identifier is free") }
            }
            try encode(message, identifier)
            if message.qos == .atMostOnce { unflushed.append(message.completion) }
        } catch {
            if let identifier { session.abandonDelivery(identifier) }
            settledPlaces += 1
            message.completion(.failure(error))
        }
    }

    private func encode(_ message: OutgoingMessage, _ identifier: UInt16?) throws(MQTTConnectionError) {
        let publish = Publish(
            topicName: message.topicName, payload: message.payload, qos: message.qos, retain: message.retain,
            packetIdentifier: identifier, properties: message.properties)
        do {
            try publish.encode(
                into: &outgoing, version: options.version, maximumPacketBytes: server.maximumPacketBytes)
        } catch {
            throw MQTTConnectionError(.notSent, "message not sent: \(error)", cause: error)
        }
    }

    /// Sends a SUBSCRIBE or UNSUBSCRIBE that `make` builds for its packet identifier.
    func request(
        answeredBy type: PacketType, _ make: (UInt16) -> Packet
    ) -> EventLoopFuture<[ReasonCode]> {
        let promise = promises.closed.futureResult.eventLoop.makePromise(of: [ReasonCode].self)
        if let closeReason {
            promise.fail(MQTTConnectionError(closeReason))
        } else if let identifier = session.beginRequest(answeredBy: type) {
            requests[identifier] = promise
            do {
                try make(identifier).encode(
                    into: &outgoing, version: options.version, maximumPacketBytes: server.maximumPacketBytes)
                flush()
            } catch {
                session.abandonRequest(identifier)
                requests[identifier] = nil
                promise.fail(MQTTConnectionError(.notSent, "request not sent: \(error)", cause: error))
            }
        } else {
            promise.fail(MQTTConnectionError(.notSent, "no packet identifier is free"))
        }
        return promise.futureResult
    }

    /// Sends DISCONNECT after all that was handed over before, and closes.
    func disconnect(_ reasonCode: ReasonCode) {
        guard closeReason == nil else { return }
        drainOutbox()
        send(.disconnect(Disconnect(reasonCode: options.version == .v5 ? reasonCode : .normalDisconnection)))
        end(.disconnected)
    }

    private func send(_ packet: Packet) {
        do {
            try packet.encode(into: &outgoing, version: options.version, maximumPacketBytes: server.maximumPacketBytes)
        } catch {
            // CONNECT comes from the caller's options; answers always fit.
            end(.protocolError("\(error)"))
        }
    }

    private func flush() {
        guard outgoing.readableBytes > 0, let context else { return }
        pings.packetSent()
        let bytes = outgoing
        outgoing = context.channel.allocator.buffer(capacity: 0)
        guard !unflushed.isEmpty else { return context.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }
        let completions = unflushed
        unflushed = []
        let outbox = outbox
        context.writeAndFlush(wrapOutboundOut(bytes)).whenComplete { result in
            let result = result.map { ReasonCode.success }
                .mapError { MQTTConnectionError(.closed, "message not written", cause: $0) }
            for completion in completions { completion(result) }
            outbox.giveBack(places: completions.count)
        }
    }
}

// MARK: The end

extension ConnectionHandler {
    /// The server broke the protocol: tells it, where 5.0 has words for that, and closes.
    private func fail(_ reasonCode: ReasonCode, _ text: String) {
        if options.version == .v5, reasonCode.isAllowed(in: .disconnect, sentBy: .client) {
            send(.disconnect(Disconnect(reasonCode: reasonCode)))
        }
        end(.protocolError(text))
    }

    /// Closes for `reason`, unless there is an earlier one.
    private func end(_ reason: MQTTCloseReason) {
        guard closeReason == nil else { return }
        closeReason = reason
        flush()
        context?.close(promise: nil)
    }

    /// The channel is closed: nothing more will be settled.
    private func finish(_ reason: MQTTCloseReason) {
        guard context != nil else { return }
        context = nil
        let reason = closeReason ?? reason
        closeReason = reason
        timer?.cancel()
        deadline?.cancel()
        let error = MQTTConnectionError(reason)
        promises.connack.fail(MQTTConnectionError(connecting: reason))
        for completion in session.close() { completion(.failure(error)) }
        for message in unsent { message.completion(.failure(error)) }
        for completion in unflushed { completion(.failure(error)) }
        for promise in requests.values { promise.fail(error) }
        (unsent, unflushed, requests) = (CircularBuffer(), [], [:])
        outbox.close(error)
        inbox.finish()
        promises.closed.succeed(reason)
    }
}
