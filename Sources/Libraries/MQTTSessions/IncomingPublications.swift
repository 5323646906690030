import MQTTPackets

/// Publications of QoS 1 and 2 from the client: which identifiers are held, and which answers are due.
///
/// Answers leave in the order in which the publications came, however long the decision on each takes [MQTT-4.6.0-2],
/// [MQTT-4.6.0-3].
struct IncomingPublications: Sendable {
    /// A QoS 2 identifier that the client has not released yet.
    ///
    /// processing → received → forgotten. A refusal goes from processing to forgotten.
    struct Held: Sendable {
        /// The publication that is being decided on; nil once PUBREC may be sent.
        var ticket: UInt64?
        /// The answer that is due on this connection, as a number.
        var answer: UInt64?
        /// Whether it takes one of the server's Receive Maximum: its PUBLISH came on this connection.
        var isCounted: Bool
    }

    /// PUBACK or PUBREC that is due.
    struct Answer: Sendable {
        var packetIdentifier: UInt16
        var qos: QoS
        var isReady = false
        var reasonCode = ReasonCode.success
        var reasonString: String?

        static let filler = Answer(packetIdentifier: 0, qos: .atMostOnce)
    }

    private(set) var held: [UInt16: Held] = [:]
    private var answers = Ring(filler: Answer.filler)
    /// The number of the oldest answer. Numbers never repeat, so that a decision which comes after the connection was
    /// lost finds nothing to answer.
    private var firstAnswer: UInt64
    /// How many of the server's Receive Maximum are taken.
    private(set) var outstanding = 0

    init(firstTicket: UInt64) { firstAnswer = firstTicket }

    /// Publications whose PUBACK or PUBREC has not been written.
    var unansweredCount: Int { answers.count }

    /// The number that the next publication gets.
    var nextTicket: UInt64 { firstAnswer + UInt64(answers.count) }

    // MARK: PUBLISH

    /// Whether a PUBLISH takes one more of the Receive Maximum.
    func isNewlyCounted(_ packetIdentifier: UInt16, _ qos: QoS) -> Bool {
        qos == .atLeastOnce || qos == .exactlyOnce && held[packetIdentifier]?.isCounted != true
    }

    /// Takes a publication in. Precondition: QoS 1, or QoS 2 with an identifier that is not held.
    mutating func begin(_ packetIdentifier: UInt16, _ qos: QoS) -> UInt64 {
        let ticket = nextTicket
        answers.append(Answer(packetIdentifier: packetIdentifier, qos: qos))
        outstanding += 1
        if qos == .exactlyOnce {
            held[packetIdentifier] = Held(ticket: ticket, answer: ticket, isCounted: true)
        }
        return ticket
    }

    /// The client has sent a publication again. Precondition: the identifier is held.
    mutating func repeated(_ packetIdentifier: UInt16) {
        guard var entry = held[packetIdentifier] else { return }
        if !entry.isCounted { outstanding += 1 }
        entry.isCounted = true
        if entry.ticket == nil {
            answers.append(Answer(packetIdentifier: packetIdentifier, qos: .exactlyOnce, isReady: true))
        } else if entry.answer == nil {
            entry.answer = nextTicket
            answers.append(Answer(packetIdentifier: packetIdentifier, qos: .exactlyOnce))
        }
        held[packetIdentifier] = entry
    }

    /// The decision on a publication of QoS 1. Nothing happens when its connection is over.
    mutating func completeAtLeastOnce(_ ticket: UInt64, _ reasonCode: ReasonCode, _ reasonString: String?) {
        ready(ticket, reasonCode, reasonString)
    }

    /// The decision on a publication of QoS 2. Nothing happens when the identifier has been forgotten since. After a
    /// refusal the identifier stays held if `keepsRefused`, because PUBREC cannot say so.
    mutating func completeExactlyOnce(
        _ packetIdentifier: UInt16, _ ticket: UInt64, _ reasonCode: ReasonCode, _ reasonString: String?,
        keepsRefused: Bool
    ) {
        guard let entry = held[packetIdentifier], entry.ticket == ticket else { return }
        if reasonCode.isError, !keepsRefused {
            held[packetIdentifier] = nil
        } else {
            held[packetIdentifier] = Held(ticket: nil, answer: nil, isCounted: entry.isCounted)
        }
        if let answer = entry.answer { ready(answer, reasonCode, reasonString) }
    }

    private mutating func ready(_ number: UInt64, _ reasonCode: ReasonCode, _ reasonString: String?) {
        guard number >= firstAnswer, number < nextTicket else { return }
        let index = Int(number - firstAnswer)
        answers[index].isReady = true
        answers[index].reasonCode = reasonCode
        answers[index].reasonString = reasonString
    }

    /// The next answer whose turn it is, if its decision is known. In `version` 3.1.1 a PUBREC cannot refuse.
    mutating func nextAnswer(_ version: ProtocolVersion) -> Answer? {
        guard let answer = answers.first, answer.isReady else { return nil }
        answers.removeFirst()
        firstAnswer += 1
        if answer.qos == .atLeastOnce || (answer.reasonCode.isError && version == .v5) { outstanding -= 1 }
        return answer
    }

    // MARK: PUBREL and the end

    /// Forgets an identifier whose PUBREC may have been sent.
    ///
    /// - Returns: Whether it was held so.
    mutating func release(_ packetIdentifier: UInt16) -> Bool {
        guard let entry = held[packetIdentifier], entry.ticket == nil else { return false }
        if entry.isCounted { outstanding -= 1 }
        held[packetIdentifier] = nil
        return true
    }

    /// The connection is over: nothing is answered any more, but QoS 2 identifiers stay held, decided on or not.
    mutating func detach() {
        firstAnswer = nextTicket
        answers.removeAll()
        outstanding = 0
        for identifier in held.keys {
            held[identifier]?.answer = nil
            held[identifier]?.isCounted = false
        }
    }

    /// Forgets everything. Numbers go on.
    mutating func removeAll() { self = IncomingPublications(firstTicket: nextTicket) }

    /// Holds what storage held.
    mutating func restore(_ packetIdentifier: UInt16) {
        held[packetIdentifier] = Held(ticket: nil, answer: nil, isCounted: false)
    }
}
