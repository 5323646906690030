import CityIdentity
import CityModel

/// Who asks, and by what they were known.
struct Caller: Sendable {
    /// How somebody was known.
    enum Means: Sendable {
        case session(token: String)
        case certificate
        /// How often the account had been changed by then.
        case password(revision: Int)
        case token(TrustedToken)
        case connection
    }

    let principal: Principal
    let means: Means
    /// What this caller's forms must send along.
    let csrfToken: String

    /// The name people see.
    var displayName: String {
        if case .person(let person) = principal { person.name } else { principal.name }
    }

    /// The role people see.
    var displayRole: String {
        switch principal {
        case .person(let person): person.role.rawValue
        case .device: "device"
        case .service, .namedService: "service"
        case .laboratory: "laboratory"
        case .unknown: "unknown"
        }
    }
}
