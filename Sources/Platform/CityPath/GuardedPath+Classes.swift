import CityIdentity
public import CityModel
import CityStorage

extension GuardedPath {
    /// The class of the most sensitive among observations; `public` for none.
    public func highestClass(of observations: ArraySlice<Observation>) -> DataClass {
        observations.reduce(.public) { highest, observation in
            max(highest, understand.series.definition(of: observation.series)?.label.dataClass ?? .restricted)
        }
    }

    /// The class of a message that is given on: of the most sensitive of the observations in it; where a mapping may have
    /// left out what it holds besides, `restricted` at least.
    public func highestClass(of observations: ArraySlice<Observation>, on route: Route) -> DataClass {
        switch route.meaning {
        case .message: .public
        case .payload, .sparkplug: max(.restricted, highestClass(of: observations))
        case .values, .entity: highestClass(of: observations)
        }
    }

    /// The class of the most sensitive value that may be in a message on a topic: for messages kept from earlier.
    public func highestClass(ofTopic topic: String) -> DataClass {
        guard let place = topics.place(of: topic), let device = registry.device(DeviceID(place.device)) else {
            let claim = payloads.claim(topic, by: nil) { registry.device($0)?.deviceType }
            return claim?.isKept ?? false ? .restricted : .public
        }
        guard place.channel == TopicScheme.values, case .success(let mapping) = understand.mapping(for: device) else {
            return .restricted
        }
        return mapping.bindings.map(\.specification.label.dataClass).max() ?? .restricted
    }
}
