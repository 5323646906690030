import CityModel
import CityPath
import HTTPTypes
import Hummingbird

/// One request of somebody who is known: what an endpoint works with.
struct Visit: Sendable {
    let request: Request
    let context: HTTPContext
    /// The query's parameters: known ones alone, where the endpoint is an API's.
    let parameters: RequestParameters
    let caller: Caller
    let city: City

    var peer: Peer { context.peer }
    var now: Timestamp { city.clock.now }

    /// A part of the path, decoded.
    func parameter(_ name: String) throws -> String { try context.parameter(name) }

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
}
