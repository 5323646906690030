import CityModel
import CityPath
import HTTPTypes
import Hummingbird

/// One request of somebody who is known: what an endpoint works with.
struct Visit: Sendable {
    let request: Request
    /// The named elements of the path, as they came.
    let elements: Parameters
    /// The query's parameters: known ones alone, where the endpoint is an API's.
    let parameters: RequestParameters
    let caller: Caller
    /// The connection it came on.
    let peer: Peer
    let city: City

    var now: Timestamp { city.clock.now }

    /// An element of the path, percent-decoded.
    ///
    /// - Throws: A problem when it is not UTF-8.
    func parameter(_ name: String) throws -> String {
        guard let raw = elements[Substring(name)], let text = PercentCoding.decode(raw) else {
            throw Problem(.badRequest, "the path is not percent-encoded UTF-8")
        }
        return text
    }

    /// Why personal data is read, as the reader states it: header `Bastide-Purpose`, or the parameter `purpose`.
    var purpose: String? {
        let stated = request.headers[.bastidePurpose] ?? parameters["purpose"]
        return stated.flatMap { $0.isEmpty ? nil : String($0.prefix(200)) }
    }

    /// The second step: may they do this?
    ///
    /// - Throws: The refusal.
    func permit(_ action: Action) throws(Refusal) -> Permit {
        try city.path.authorise(caller.principal, action, purpose: purpose).get()
    }

    /// Whether they may do this; asking is not refused.
    func may(_ action: Action) -> Bool {
        if case .success = city.path.authorise(caller.principal, action, purpose: purpose) { true } else { false }
    }

    /// Records that something was read. The laboratory is nobody in particular: its reads say nothing.
    func note(_ action: Action, of resource: String, dataClass: DataClass) {
        if case .laboratory = caller.principal { return }
        city.path.accesses.note(
            action, of: resource, dataClass: dataClass, by: caller.principal, purpose: purpose, at: now)
    }

    /// Puts an act that leaves no other trace on record, before it is done: returns when the record is committed.
    ///
    /// - Throws: The refusal when it cannot be committed; the act is not to be done then.
    func record(_ action: Action, of resource: String, dataClass: DataClass) async throws(Refusal) {
        let record = AccessRecord(
            principal: caller.principal.name, action: action.name, resource: resource, dataClass: dataClass,
            purpose: purpose, at: now, count: 1)
        let committed: Result<Receipt, Refusal> = await city.path.committed(events: [.access(record)])
        _ = try committed.get()
    }
}
