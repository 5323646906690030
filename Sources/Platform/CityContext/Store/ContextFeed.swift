import Synchronization

/// Tells of changes of the context as they are committed, in their order, on the committer's thread.
public final class ContextFeed: Sendable {
    private let listeners = Mutex<[@Sendable (ContextChange) -> Void]>([])

    /// A feed without listeners.
    public init() {}

    /// Has a listener told of every change from now on. It must be quick.
    public func listen(_ listener: @escaping @Sendable (ContextChange) -> Void) {
        listeners.withLock { $0.append(listener) }
    }

    /// Tells everyone.
    public func publish(_ change: ContextChange) {
        for listener in listeners.withLock({ $0 }) { listener(change) }
    }
}
