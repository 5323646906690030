public import CityModel
public import CityStorage

/// What one peer has said and the first four steps have accepted, waiting for the fifth: changes that share one fate.
///
/// A face gathers what it reads in one go into one of these, so that a thousand readings cost one wake-up.
public struct AcceptedChanges: Sendable {
    /// Values, each labelled through its series.
    public var observations: [Observation] = []
    /// Everything else.
    public var events: [CityEvent] = []
    /// What the face itself has to remember once these are durable: see ``CityStorage/Keeping``.
    public var keepings: [Keeping] = []
    /// Called once, on the committer's thread, when the changes are durable or have been given up; it must be quick.
    public var completion: @Sendable (Result<Receipt, Refusal>) -> Void

    /// No changes yet.
    public init(completion: @escaping @Sendable (Result<Receipt, Refusal>) -> Void) {
        self.completion = completion
    }

    /// Whether there is nothing to commit.
    public var isEmpty: Bool { observations.isEmpty && events.isEmpty && keepings.isEmpty }
}

/// A batch as the sixth step gets it: durable, and not yet told to anyone.
struct CommittedBatch {
    let receipt: Receipt
    let events: [CityEvent]
    let observations: [Observation]
}
