import MQTTPackets
import MQTTSessions
import NIOCore
import Testing

/// One client and one server with a session between them, a network that fails, and a store that commits late.
///
/// The server here is a shell as the documentation asks for: it writes at once what may be written at once, commits in
/// order, and writes the rest, confirms and completes after the commit. A crash leaves it the store alone.
final class World {
    /// What is done once changes are durable.
    enum Effect {
        case write(ByteBuffer, connection: Int)
        case connack(present: Bool, connection: Int)
        case confirm(UInt64)
        case complete(PublicationTicket, number: Int)
    }

    /// A publication of the client that the city has not decided on.
    struct Deciding {
        var ticket: PublicationTicket
        var number: Int
        var change: SessionChange?
    }

    let isDurable: Bool
    let version: ProtocolVersion
    let limits: SessionLimits
    var random: SeededGenerator
    var client: WorldClient
    var watch: WireWatch

    // The server.
    var session = Session(clientIdentifier: "c", at: start)
    var store = Store()
    var commits: [(changes: [SessionChange], effects: [Effect], cityMessage: Int?)] = []
    var deciding: [Deciding] = []
    /// Whether CONNACK has been written: before it, nothing else may be.
    var isOpen = false

    // The network.
    var connection = 0
    var isUp = false
    var toServer: [Packet] = []
    var toClient = ByteBuffer()

    // What has happened.
    /// Messages of the client that the city has committed, in order.
    var city: [Int] = []
    /// Messages for the client: what must become of each.
    var fates: [Int: Fate] = [:]
    var messageCount = 0
    var trail: [String] = []

    /// What must become of a message for the client.
    struct Fate {
        var qos: QoS
        var mayBeLost: Bool
        var mayBeDelivered = true
    }

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        isDurable = Int.random(in: 0..<4, using: &random) > 0
        version = Bool.random(using: &random) ? .v5 : .v3_1_1
        var limits = SessionLimits()
        limits.queuedMessages = 12
        limits.inFlightMessages = UInt16.random(in: 1...6, using: &random)
        limits.receiveMaximum = UInt16.random(in: 1...6, using: &random)
        self.limits = limits
        client = WorldClient(version: version, receiveMaximum: Int(limits.receiveMaximum))
        watch = WireWatch(sendMaximum: Int(limits.inFlightMessages))
    }

    func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    func step() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<14: try deliver()
        case 14..<24: if isUp { toServer += client.publish(QoS.allCases.randomElement(using: &random) ?? .atMostOnce) }
        case 24..<44: try serverReads()
        case 44..<64: try clientReads()
        case 64..<78: if isUp, let answer = client.answer(&random) { toServer.append(answer) }
        case 78..<84: try decide()
        case 84..<93: try commit(Int.random(in: 1...3, using: &random))
        case 93..<96: if isOpen { try drain() }
        case 96: try loseConnection()
        case 97: if isDurable, chance(2) { crash() }
        default: if !isUp { connectClient(clean: chance(12)) }
        }
    }

    /// Lets everything come to rest: no more failures, all read, all answered, all committed.
    func settle() throws {
        for _ in 0..<10_000 {
            if !isUp { connectClient(clean: false) }
            try commit(commits.count)
            if isOpen { try drain() }
            while !toServer.isEmpty { try serverReads() }
            while toClient.readableBytes > 0 { try clientReads() }
            while !deciding.isEmpty { try decide() }
            while let answer = client.answer(&random) { toServer.append(answer) }
            let isQuiet = toServer.isEmpty && toClient.readableBytes == 0 && commits.isEmpty
            if isQuiet, isOpen, session.waitingMessages + session.inFlightMessages == 0, client.isSettled { return }
        }
        Issue.record("does not come to rest")
    }
}

// MARK: The city and the store

extension World {
    /// The city publishes a message for the client.
    func deliver() throws {
        messageCount += 1
        let number = messageCount
        let qos = QoS.allCases.randomElement(using: &random) ?? .atMostOnce
        var outbox = Outbox(budgetBytes: chance(3) ? 0 : .max)
        let outcome = try session.deliver("\(number)", qos, mode: .pending, into: &outbox)
        trail.append("deliver \(number) QoS \(qos.rawValue): \(outcome)")
        fates[number] = Fate(qos: qos, mayBeLost: !isDurable || qos == .atMostOnce)
        switch outcome {
        case .sent: try flush(&outbox)
        case .waiting: try #require(session.waitingMessages <= limits.queuedMessages)
        case .queued(let sequence):
            try #require(session.waitingMessages <= limits.queuedMessages)
            if isDurable, chance(10) {
                // The commit fails.
                fates[number]?.mayBeDelivered = false
                session.withdraw(sequence)
            } else if isDurable {
                fates[number]?.mayBeLost = true
                commits.append((outbox.changes, [.confirm(sequence)], number))
            } else {
                try flush(&outbox)
            }
        case .overflow, .notConnected: fates[number]?.mayBeDelivered = false
        case .noLocal, .expired, .tooLarge: Issue.record("\(outcome)")
        }
    }

    /// The city decides on the oldest publication.
    func decide() throws {
        guard !deciding.isEmpty else { return }
        let publication = deciding.removeFirst()
        // Always the same ones: whoever is refused and asks again is refused again.
        if version == .v5, publication.ticket.qos != .atMostOnce, publication.number.isMultiple(of: 6) {
            trail.append("refuse \(publication.number)")
            client.refused.insert(publication.number)
            var outbox = Outbox(budgetBytes: 0)
            session.complete(publication.ticket, reasonCode: .notAuthorized, into: &outbox)
            try flush(&outbox)
        } else {
            trail.append("accept \(publication.number)")
            let changes = isDurable ? publication.change.map { [$0] } ?? [] : []
            commits.append((changes, [.complete(publication.ticket, number: publication.number)], nil))
        }
    }

    /// Makes the oldest changes durable, and does what waited for them.
    func commit(_ count: Int) throws {
        for _ in 0..<min(count, commits.count) {
            let (changes, effects, cityMessage) = commits.removeFirst()
            store.commit(changes)
            if let cityMessage, fates[cityMessage]?.qos != .atMostOnce { fates[cityMessage]?.mayBeLost = false }
            for effect in effects {
                switch effect {
                case .complete(_, let number): city.append(number)
                default: break
                }
            }
            for effect in effects { try perform(effect) }
        }
    }

    private func perform(_ effect: Effect) throws {
        var outbox = Outbox(budgetBytes: isOpen ? .max : 0)
        switch effect {
        case .write(let bytes, let number): if isUp, number == connection { try send(bytes) }
        case .connack(let present, let number):
            guard isUp, number == connection else { return }
            trail.append("CONNACK, session present \(present)")
            var bytes = ByteBuffer()
            try Packet.connack(Connack(sessionPresent: present)).encode(into: &bytes, version: version)
            try send(bytes)
            isOpen = true
            outbox.budgetBytes = .max
            session.drain(at: start, into: &outbox)
        case .confirm(let sequence):
            session.confirm(sequence)
            if isOpen { session.drain(at: start, into: &outbox) }
        case .complete(let ticket, _): session.complete(ticket, into: &outbox)
        }
        try flush(&outbox)
    }

    /// Writes what may be written, and queues the rest for the commit.
    func flush(_ outbox: inout Outbox) throws {
        if outbox.bytes.readableBytes > 0 { try send(outbox.bytes) }
        if !outbox.changes.isEmpty || outbox.afterCommit.readableBytes > 0 {
            commits.append((outbox.changes, [.write(outbox.afterCommit, connection: connection)], nil))
        }
    }

    private func send(_ bytes: ByteBuffer) throws {
        for packet in try packets(in: bytes, version) { try watch.sees(packet, trail) }
        toClient.writeImmutableBuffer(bytes)
    }

    func drain() throws {
        var outbox = Outbox()
        session.drain(at: start, into: &outbox)
        try flush(&outbox)
    }
}

// MARK: Connections and crashes

extension World {
    func connectClient(clean: Bool) {
        connection += 1
        (isUp, isOpen) = (true, false)
        (toServer, toClient) = ([], ByteBuffer())
        client.connects(clean: clean)
        watch.connects()
        let properties: Properties = isDurable && version == .v5 ? hour() : []
        let isClean = client.wantsClean || (version == .v3_1_1 && !isDurable)
        var connect = connect(version, clean: isClean, with: properties)
        connect.clientIdentifier = "c"
        // In 3.1.1 Clean Session also decides on durability: a durable client that wants a clean start gets it in two.
        var outbox = Outbox(budgetBytes: 0)
        if version == .v3_1_1, isDurable, isClean {
            _ = session.open(connect, terms: terms, at: start, into: &outbox)
            _ = session.close(at: start, because: .normalDisconnection, into: &outbox)
            connect.cleanStart = false
        }
        let opening = session.open(connect, terms: terms, at: start, into: &outbox)
        trail.append("connect, clean \(isClean): present \(opening.sessionPresent)")
        if !opening.sessionPresent { discarded() }
        commits.append((outbox.changes, [.connack(present: opening.sessionPresent, connection: connection)], nil))
    }

    private var terms: ConnectionTerms { ConnectionTerms(owner: "owner", number: 7, limits: limits) }

    /// What the server has not delivered yet, it need not deliver any more.
    private func discarded() {
        for number in fates.keys { fates[number]?.mayBeLost = true }
        for index in commits.indices { commits[index].cityMessage = nil }
    }

    /// The network fails: what is under way is lost. Sometimes the server notices only when the client comes back.
    func loseConnection() throws {
        guard isUp else { return }
        while !toServer.isEmpty, chance(2) { try serverReads() }
        while toClient.readableBytes > 0, chance(2) { try clientReads() }
        trail.append("connection lost")
        (isUp, isOpen) = (false, false)
        (toServer, toClient) = ([], ByteBuffer())
        client.disconnected()
        guard !chance(3) else { return }
        var outbox = Outbox(budgetBytes: 0)
        _ = session.close(at: start, because: .networkLost, into: &outbox)
        if !outbox.changes.isEmpty { commits.append((outbox.changes, [], nil)) }
    }

    /// The server forgets everything but the store.
    func crash() {
        trail.append("crash; \(commits.count) commits lost")
        (isUp, isOpen) = (false, false)
        (toServer, toClient) = ([], ByteBuffer())
        client.disconnected()
        for commit in commits {
            if let number = commit.cityMessage { fates[number]?.mayBeDelivered = false }
        }
        (commits, deciding) = ([], [])
        let restoration = store.restore(at: start, limits: limits)
        #expect(restoration.damaged.isEmpty)
        session = restoration.sessions.first?.session ?? Session(clientIdentifier: "c", at: second(1))
        store.commit(restoration.sessions.first?.changes ?? [])
        watch.crashed()
    }
}

// MARK: Reading

extension World {
    func serverReads() throws {
        guard isUp, isOpen, !toServer.isEmpty else { return }
        let packet = toServer.removeFirst()
        trail.append("server reads \(packet.short)")
        var outbox = Outbox()
        var violation: SessionViolation?
        switch packet {
        case .publish(let publish):
            let verdict = session.publishReceived(
                qos: publish.qos, packetIdentifier: publish.packetIdentifier ?? 0, into: &outbox)
            if let ticket = verdict.ticket, let number = Int(String(buffer: publish.payload)) {
                deciding.append(Deciding(ticket: ticket, number: number, change: verdict.change))
            }
            violation = verdict.violation
        case .puback(let ack):
            violation = session.receivedPuback(ack, into: &outbox)
            watch.settled(ack.packetIdentifier)
        case .pubrec(let ack):
            violation = session.receivedPubrec(ack, into: &outbox)
            if ack.reasonCode.isError { watch.settled(ack.packetIdentifier) }
        case .pubrel(let ack): violation = session.receivedPubrel(ack, into: &outbox)
        case .pubcomp(let ack):
            violation = session.receivedPubcomp(ack, into: &outbox)
            watch.settled(ack.packetIdentifier)
        default: Issue.record("\(packet)")
        }
        try #require(violation == nil, "\(String(describing: violation))")
        session.drain(at: start, into: &outbox)
        try flush(&outbox)
    }

    func clientReads() throws {
        var decoder = PacketDecoder(role: .client(version))
        guard isUp, let packet = try decoder.next(from: &toClient) else { return }
        trail.append("client reads \(packet.short)")
        toServer += try client.reads(packet)
    }
}
