public import MQTTPackets

/// What a client did that ends its connection: DISCONNECT with ``reasonCode``, which 3.1.1 leaves out, then close.
public struct SessionViolation: Error, Sendable, Equatable, CustomStringConvertible {
    /// The code for DISCONNECT.
    public let reasonCode: ReasonCode
    /// What is wrong, for a log or a reason string.
    public let message: String
    /// The clause of the standard.
    public let clause: String

    init(_ reasonCode: ReasonCode, _ message: String, clause: String) {
        self.reasonCode = reasonCode
        self.message = message
        self.clause = clause
    }

    /// The message and the clause.
    public var description: String { "\(message) (\(clause))" }
}
