/// A step of the guarded path, in the order in which a submission walks them.
public enum PathStep: String, Sendable, Hashable, Codable, CaseIterable {
    /// Who is this?
    case identify
    /// May they do this here?
    case authorise
    /// What does it say?
    case understand
    /// How sensitive is it?
    case classify
    /// Keep it, once.
    case commit
    /// Tell who may know.
    case publish
}

/// What a submission's sender gets back when a step says no: which step, why, and what would help.
public struct Refusal: Sendable, Hashable, Error {
    /// Why, to branch on. Closed: each face maps every code to its protocol.
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        /// No certificate, token or session was presented.
        case notIdentified
        /// The certificate is outside its validity.
        case certificateExpired
        /// The certificate was issued by somebody else.
        case certificateUntrusted
        /// The certificate names nobody of this city (no or a foreign SPIFFE ID).
        case certificateNameless
        /// No such device is registered.
        case deviceUnknown
        /// The device is suspended.
        case deviceSuspended
        /// The device's identity is revoked.
        case deviceRevoked
        /// The certificate is not the one the registry holds for the device.
        case certificateSuperseded
        /// The identity is in use from another place at this moment.
        case identityInUse
        /// Name or password is wrong.
        case credentialsWrong
        /// No rule allows it.
        case notPermitted
        /// The stated purpose is none of the city's.
        case purposeUnknown
        /// The topic is not one of the device's own.
        case topicNotOwn
        /// The entity is not one of the device's own.
        case entityNotOwn
        /// The device is not where its zone is: it connects from another network, or was moved to another zone.
        case zoneMismatch
        /// The bytes are not a packet of the protocol.
        case malformedPacket
        /// A packet or message is larger than allowed.
        case tooLarge
        /// The payload is not what it should be.
        case malformedPayload
        /// A value has the wrong unit.
        case unitMismatch
        /// A value lies outside what its attribute can be.
        case outOfRange
        /// A time is too far in the future or too far in the past.
        case timeOutOfRange
        /// The attribute is not one this device's type has.
        case attributeUnknown
        /// The protocol feature isn't supported.
        case unsupported
        /// Too many, too fast.
        case rateLimited
        /// The city cannot keep it now: the disk is full, or it is stopping.
        case unavailable
    }

    /// The step that refused.
    public let step: PathStep
    /// Why, to branch on.
    public let code: Code
    /// Why, for people: lower case, no full stop, names what was found, what was expected and what to do.
    public let message: String

    /// A refusal.
    public init(step: PathStep, code: Code, message: String) {
        self.step = step
        self.code = code
        self.message = message
    }
}

/// A refusal as it is kept: who was refused what, and how often in a short while.
public struct RefusalRecord: Sendable, Hashable, Codable {
    /// Who was refused.
    public let principal: String
    /// Where they came from: an address, or a part of the city.
    public let source: String
    /// The step that refused.
    public let step: PathStep
    /// Why, to branch on.
    public let code: Refusal.Code
    /// Why, for people.
    public let message: String
    /// When the first of these happened.
    public let at: Timestamp
    /// How many alike (same principal, source and code) this record stands for.
    public let count: Int

    /// A record of refusals.
    public init(
        principal: String, source: String, step: PathStep, code: Refusal.Code, message: String, at: Timestamp,
        count: Int
    ) {
        self.principal = principal
        self.source = source
        self.step = step
        self.code = code
        self.message = message
        self.at = at
        self.count = count
    }
}

/// What a submission's sender gets back when the city has kept what it said.
public struct Receipt: Sendable, Hashable {
    /// The batch in the journal, from 1; the ledger's leaf index is one less.
    public let batch: UInt64
    /// When the batch became durable.
    public let committedAt: Timestamp

    /// A receipt.
    public init(batch: UInt64, committedAt: Timestamp) {
        self.batch = batch
        self.committedAt = committedAt
    }
}
