import MQTTPackets
import MQTTSessions

/// What a session has to send, told as plainly as can be: one array, looked through from the beginning each time.
struct PlainQueue {
    enum State { case pending, queued, sent, unacknowledged, released }

    struct Item {
        var name: String
        var qos: QoS
        var sequence: Int
        var state: State
        /// Sent, or passed by, on this connection.
        var isPassed = false
        var isInFlight = false
    }

    var items: [Item] = []
    var nextSequence = 0
    var receiveMaximum = 65_535
    var isConnected = true
    let queuedMessages: Int

    init(queuedMessages: Int) { self.queuedMessages = queuedMessages }

    static func identifier(_ sequence: Int) -> UInt16 { UInt16(sequence % 65_535 + 1) }

    var waitingCount: Int { items.count { [.pending, .queued, .unacknowledged].contains($0.state) } }
    var inFlightCount: Int { items.count { $0.isInFlight } }

    /// Answers whether it was taken in.
    mutating func deliver(_ name: String, _ qos: QoS, isPending: Bool) -> Bool {
        if qos == .atMostOnce, !isConnected { return false }
        while waitingCount >= queuedMessages {
            guard let oldest = items.firstIndex(where: { $0.qos == .atMostOnce }) else { return false }
            items.remove(at: oldest)
        }
        let isAcknowledged = qos != .atMostOnce
        items.append(
            Item(
                name: name, qos: qos, sequence: isAcknowledged ? nextSequence : -1,
                state: isAcknowledged && isPending ? .pending : .queued))
        if isAcknowledged { nextSequence += 1 }
        return true
    }

    /// Answers packets to write, and packets to write after the commit. Takes one packet at most if `isNarrow`.
    mutating func drain(isNarrow: Bool) -> (now: [String], later: [String]) {
        var (now, later): ([String], [String]) = ([], [])
        while isConnected, let index = items.firstIndex(where: { !$0.isPassed }), !isNarrow || now.isEmpty {
            let item = items[index]
            let identifier = PlainQueue.identifier(item.sequence)
            switch item.state {
            case .pending: return (now, later)
            case .released:
                later.append("PUBREL \(identifier)")
                items[index].isPassed = true
            case .queued, .unacknowledged, .sent:
                if item.qos == .atMostOnce {
                    now.append("PUBLISH QoS 0 t: \(item.name)")
                    items.remove(at: index)
                    continue
                }
                guard inFlightCount < receiveMaximum else { return (now, later) }
                let duplicate = item.state == .unacknowledged ? " DUP" : ""
                now.append("PUBLISH \(identifier) QoS \(item.qos.rawValue)\(duplicate) t: \(item.name)")
                items[index].state = .sent
                items[index].isPassed = true
                items[index].isInFlight = true
            }
        }
        return (now, later)
    }

    mutating func disconnect() {
        isConnected = false
        items.removeAll { $0.qos == .atMostOnce }
        for index in items.indices {
            items[index].isPassed = false
            items[index].isInFlight = false
            if items[index].state == .sent { items[index].state = .unacknowledged }
        }
    }

    mutating func connect(receiveMaximum: Int) {
        isConnected = true
        self.receiveMaximum = receiveMaximum
    }

    private func sentIndex(_ identifier: UInt16) -> Int? {
        items.firstIndex {
            $0.qos != .atMostOnce && PlainQueue.identifier($0.sequence) == identifier
                && [.sent, .unacknowledged, .released].contains($0.state)
        }
    }

    /// Each answers whether the client has kept the rules.
    mutating func puback(_ identifier: UInt16) -> Bool {
        guard let index = sentIndex(identifier) else { return true }
        guard items[index].qos == .atLeastOnce else { return false }
        items.remove(at: index)
        return true
    }

    mutating func pubrec(_ identifier: UInt16, isError: Bool) -> (isRight: Bool, later: [String]) {
        guard let index = sentIndex(identifier) else {
            return (true, isError ? [] : ["PUBREL \(identifier) 0x92"])
        }
        guard items[index].qos == .exactlyOnce else { return (false, []) }
        if isError {
            items.remove(at: index)
            return (true, [])
        }
        items[index].state = .released
        return (true, ["PUBREL \(identifier)"])
    }

    mutating func pubcomp(_ identifier: UInt16) -> Bool {
        guard let index = sentIndex(identifier) else { return true }
        guard items[index].state == .released else { return false }
        items.remove(at: index)
        return true
    }
}
