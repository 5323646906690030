import CityIdentity
public import CityModel

/// Who is who at this moment: what decisions rest on besides the rules.
public protocol Standings: Sendable {
    /// The record of a device, or nil when none is registered under this name.
    func device(_ id: DeviceID) -> DeviceRecord?
    /// The device that owns an entity.
    func owner(of entity: EntityID) -> DeviceID?
    /// A person who was identified earlier, as they are now; nil when their account was removed since.
    func current(_ person: PersonIdentity) -> PersonIdentity?
    /// Whether a service has a token at this moment.
    func isKnown(_ service: NamedService) -> Bool
    /// Counts the changes of all that. Asked for each message: takes no lock.
    var generation: UInt64 { get }
}

/// As the registry, the accounts and the tokens have it.
struct RegisteredStandings: Standings {
    let registry: DeviceRegistry
    let accounts: Accounts
    let tokens: Tokens

    func device(_ id: DeviceID) -> DeviceRecord? { registry.device(id) }

    func owner(of entity: EntityID) -> DeviceID? { registry.owner(of: entity) }

    func current(_ person: PersonIdentity) -> PersonIdentity? { accounts.current(person) }

    func isKnown(_ service: NamedService) -> Bool { tokens.isKnown(service) }

    /// All only grow, so that a change of any changes the sum.
    var generation: UInt64 { registry.generation &+ accounts.generation &+ tokens.generation }
}
