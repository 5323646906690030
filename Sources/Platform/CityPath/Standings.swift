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
    /// Counts the changes of all that. Asked for each message: takes no lock.
    var generation: UInt64 { get }
}

/// As the registry and the accounts have it.
struct RegisteredStandings: Standings {
    let registry: DeviceRegistry
    let accounts: Accounts

    func device(_ id: DeviceID) -> DeviceRecord? { registry.device(id) }

    func owner(of entity: EntityID) -> DeviceID? { registry.owner(of: entity) }

    func current(_ person: PersonIdentity) -> PersonIdentity? { accounts.current(person) }

    /// Both only grow, so that a change of either changes the sum.
    var generation: UInt64 { registry.generation &+ accounts.generation }
}
