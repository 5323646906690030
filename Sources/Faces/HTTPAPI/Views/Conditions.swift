import CityContext
import CityIdentity
import CityModel
import CityPath
import JSONBytes
import Synchronization
import WebConsole

/// How entities are doing, as of one moment: an open alert, or silence for too long.
struct Conditions: Sendable {
    private let alerted: Set<EntityID>
    private let silentBefore: Timestamp
    private let shared: HTTPShared

    fileprivate init(of shared: HTTPShared) {
        self.shared = shared
        silentBefore = shared.city.clock.now - shared.settings.silenceLimit
        let open = shared.city.views.alerts.newest(.max) { $0.acknowledgedAt == nil && $0.entity != nil }
        alerted = Set(open.compactMap(\.entity))
    }

    func state(of entity: VisibleEntity) -> WebConsole.EntityState {
        if alerted.contains(entity.id) { return .alert }
        // What no device speaks for cannot fall silent.
        guard let owner = shared.city.views.registry.owner(of: entity.id),
            let device = shared.city.views.registry.device(owner)
        else { return .normal }
        guard device.status == .active, let newest = entity.observedAt else { return .offline }
        return newest < silentBefore ? .offline : .normal
    }
}

/// The newest ``Conditions``, for those who ask again within a blink.
final class ConditionsCache: Sendable {
    private static let lifetime = Duration.milliseconds(250)
    private let newest = Mutex<(at: Timestamp, conditions: Conditions)?>(nil)

    func conditions(of shared: HTTPShared) -> Conditions {
        let now = shared.city.clock.now
        return newest.withLock { newest in
            if let known = newest, now.since(known.at) < ConditionsCache.lifetime { return known.conditions }
            let conditions = Conditions(of: shared)
            newest = (now, conditions)
            return conditions
        }
    }
}

extension HTTPShared {
    /// How entities are doing now.
    var conditions: Conditions { conditionsCache.conditions(of: self) }

    /// Where an entity stands: its own `location`, a point, else where its device stands.
    func place(of entity: VisibleEntity) -> GeoPoint? {
        if let location = entity["location"], case .geometry(let json) = location.current.value {
            return GeoPoint(pointJSON: json)
        }
        return city.views.registry.owner(of: entity.id).flatMap { city.views.registry.device($0)?.location }
    }
}

extension GeoPoint {
    /// The place of a GeoJSON point; nil for other geometries.
    init?(pointJSON json: String) {
        guard let value = try? JSONValue(parsing: json), (try? value.string(at: ["type"])) == "Point",
            let longitude = try? value.double(at: ["coordinates", 0]),
            let latitude = try? value.double(at: ["coordinates", 1])
        else { return nil }
        self.init(longitude: longitude, latitude: latitude)
    }
}
