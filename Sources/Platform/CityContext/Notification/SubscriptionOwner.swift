public import CityModel
public import JSONBytes

/// On whose behalf notifications are sent: what they may contain is what this one may read, when they are sent.
public struct SubscriptionOwner: Sendable, Hashable {
    /// Who subscribed, or changed the subscription last.
    public let principal: Principal
    /// Why personal data is read, as they stated it; nil when they did not.
    public let purpose: String?

    /// An owner.
    public init(_ principal: Principal, purpose: String? = nil) {
        self.principal = principal
        self.purpose = purpose
    }

    /// The owner as JSON. ``init(stored:)`` reads it back.
    public var stored: JSONValue {
        var object = JSONObject()
        switch principal {
        case .device(let device):
            object["kind"] = "device"
            object["name"] = .string(device.id.text)
            object["agency"] = .string(device.agency.text)
            object["zone"] = .string(device.zone.text)
        case .person(let person):
            object["kind"] = "person"
            object["name"] = .string(person.name)
            object["role"] = .string(person.role.rawValue)
        case .service(let name):
            object["kind"] = "service"
            object["name"] = .string(name)
        case .namedService(let service):
            object["kind"] = "namedService"
            object["name"] = .string(service.name)
        case .laboratory: object["kind"] = "laboratory"
        case .unknown(let description):
            object["kind"] = "unknown"
            object["name"] = .string(description)
        }
        object["purpose"] = purpose.map { .string($0) }
        return .object(object)
    }

    /// Reads what ``stored`` wrote; nil when it is something else.
    public init?(stored value: JSONValue?) {
        guard case .object(let object)? = value else { return nil }
        let name = object.text("name") ?? ""
        switch object.text("kind") {
        case "device":
            guard let agency = object.text("agency"), let zone = object.text("zone") else { return nil }
            principal = .device(DeviceIdentity(id: DeviceID(name), agency: AgencyID(agency), zone: ZoneID(zone)))
        case "person":
            guard let role = object.text("role").flatMap(PersonRole.init(rawValue:)) else { return nil }
            principal = .person(PersonIdentity(name: name, role: role))
        case "service": principal = .service(name)
        case "namedService": principal = .namedService(NamedService(name: name))
        case "laboratory": principal = .laboratory
        case "unknown": principal = .unknown(name)
        default: return nil
        }
        purpose = object.text("purpose")
    }
}
