public import CityModel
import Synchronization

/// Refusals on their way into the journal: like ones of a short while become one record with a count, so that a flood
/// of bad packets cannot fill the disk with its own traces.
public final class RefusalLog: Sendable {
    /// The most different refusals that are told apart within one interval.
    static let bound = 1_024

    private struct Key: Hashable {
        let principal: String
        let source: String
        let code: Refusal.Code
    }

    private let waiting = Mutex<[Key: RefusalRecord]>([:])
    private let metrics: CityMetrics

    init(metrics: CityMetrics) {
        self.metrics = metrics
    }

    /// Notes a refusal. Quick, and safe from any thread.
    ///
    /// - Parameters:
    ///   - refusal: What was refused and why.
    ///   - principal: Who was refused.
    ///   - source: Where they came from, without the port: `192.0.2.7`.
    ///   - now: When.
    public func note(_ refusal: Refusal, by principal: Principal, from source: String, at now: Timestamp) {
        metrics.refused(refusal.code)
        waiting.withLock { waiting in
            var key = Key(principal: principal.name, source: source, code: refusal.code)
            if waiting[key] == nil, waiting.count >= RefusalLog.bound {
                key = Key(principal: "many", source: "many", code: refusal.code)
            }
            let earlier = waiting[key]
            waiting[key] = RefusalRecord(
                principal: key.principal, source: key.source, step: refusal.step, code: refusal.code,
                message: earlier?.message ?? refusal.message, at: earlier?.at ?? now, count: (earlier?.count ?? 0) + 1)
        }
    }

    /// Takes what has been noted since the last call, oldest first.
    func take() -> [RefusalRecord] {
        waiting.withLock { waiting in
            defer { waiting.removeAll(keepingCapacity: true) }
            return waiting.values.sorted { $0.at < $1.at }
        }
    }
}

/// Reads on their way into the journal: like ones of a short while become one record with a count.
public final class AccessLog: Sendable {
    /// The most different reads that are told apart within one interval.
    static let bound = 4_096

    private struct Key: Hashable {
        let principal: String
        let action: String
        let resource: String
        let purpose: String?
    }

    private let waiting = Mutex<[Key: AccessRecord]>([:])

    init() {}

    /// Notes that something was read. Quick, and safe from any thread.
    public func note(
        _ action: Action, of resource: String, dataClass: DataClass, by principal: Principal, purpose: String?,
        at now: Timestamp
    ) {
        waiting.withLock { waiting in
            var key = Key(principal: principal.name, action: action.name, resource: resource, purpose: purpose)
            if waiting[key] == nil, waiting.count >= AccessLog.bound {
                key = Key(principal: principal.name, action: action.name, resource: "many", purpose: "many")
            }
            let earlier = waiting[key]
            waiting[key] = AccessRecord(
                principal: key.principal, action: key.action, resource: key.resource,
                dataClass: max(earlier?.dataClass ?? .public, dataClass), purpose: key.purpose, at: earlier?.at ?? now,
                count: (earlier?.count ?? 0) + 1)
        }
    }

    /// Takes what has been noted since the last call, oldest first.
    func take() -> [AccessRecord] {
        waiting.withLock { waiting in
            defer { waiting.removeAll(keepingCapacity: true) }
            return waiting.values.sorted { $0.at < $1.at }
        }
    }
}
