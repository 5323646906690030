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

    /// The class of the most sensitive value that may be in a message on a topic: for messages kept from earlier.
    public func highestClass(ofTopic topic: String) -> DataClass {
        guard let place = topics.place(of: topic), let device = registry.device(DeviceID(place.device)) else {
            return .public
        }
        guard place.channel == TopicScheme.values, case .success(let mapping) = understand.mapping(for: device) else {
            return .restricted
        }
        return mapping.bindings.map(\.specification.label.dataClass).max() ?? .restricted
    }
}
