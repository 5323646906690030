import CityContext
import JSONBytes
import Synchronization

/// Contexts that came in bodies of requests, at URLs of this broker: answers name them (CIM 009 §5.13.1, implicitly
/// created). They are kept for as long as the program runs, the newest ones.
final class ContextHost: Sendable {
    private static let kept = 1_024

    private struct State {
        var contexts: [String: JSONValue] = [:]
        var ids: [JSONValue: String] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())
    /// Below which they are found.
    let base: String

    init(base: String) {
        self.base = base
    }

    /// The URL of a context.
    func implicit(_ context: JSONValue) -> String {
        state.withLock { state in
            if let id = state.ids[context] { return base + id }
            let id = "urn:ngsi-ld:Context:\(String(UInt64.random(in: .min ... .max), radix: 36))"
            state.contexts[id] = context
            state.ids[context] = id
            state.order.append(id)
            if state.order.count > ContextHost.kept {
                let oldest = state.order.removeFirst()
                if let context = state.contexts.removeValue(forKey: oldest) { state.ids[context] = nil }
            }
            return base + id
        }
    }

    /// A context by its id; nil when there is none.
    subscript(id: String) -> JSONValue? { state.withLock { $0.contexts[id] } }
}
