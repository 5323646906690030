/// What adding instances to a temporal evolution comes to (CIM 009 §5.6.11, §5.6.12).
///
/// An attribute has one instance of each dataset at one point in time (§4.5.7): who adds another corrects the first, and
/// of the two the one that was modified last is given (§4.5.5.3). So it keeps its identifier and when it was entered.
public struct EvolutionMerge: Sendable, Hashable {
    /// Instances that the evolution did not have, without identifiers, in the order in which they came.
    public private(set) var added: [Attribute] = []
    /// Instances that it had, with their identifiers and their new content.
    public private(set) var modified: [Attribute] = []

    private struct Place: Hashable {
        let name: String
        let datasetId: String?
        let observedAt: Int64
    }

    /// Compares what is there and what comes. Linear.
    ///
    /// - Parameters:
    ///   - instances: To be added; of several for one point in time the last stays.
    ///   - known: Those that the evolution has.
    ///   - now: When, in microseconds since 1970; `createdAt` and `modifiedAt` of what is added.
    public init(adding instances: [Attribute], to known: [Attribute], at now: Int64) {
        let names = Set(instances.map(\.name))
        var knownPlaces: [Place: Attribute] = [:]
        for instance in known where names.contains(instance.name) {
            if let place = EvolutionMerge.place(of: instance) { knownPlaces[place] = instance }
        }
        var newPlaces: [Place: Int] = [:]
        var entered: [Attribute] = []
        for instance in instances {
            guard let place = EvolutionMerge.place(of: instance) else {
                entered.append(instance)
                continue
            }
            if let index = newPlaces[place] {
                entered[index] = instance
            } else {
                newPlaces[place] = entered.count
                entered.append(instance)
            }
        }
        for var instance in entered {
            let before = EvolutionMerge.place(of: instance).flatMap { knownPlaces[$0] }
            (instance.createdAt, instance.modifiedAt) = (before?.createdAt ?? now, now)
            if instance.isDeletion, instance.deletedAt == nil { instance.deletedAt = instance.observedAt ?? now }
            instance.instanceId = before?.instanceId
            if before?.instanceId == nil { added.append(instance) } else { modified.append(instance) }
        }
    }

    private static func place(of instance: Attribute) -> Place? {
        instance.observedAt.map { Place(name: instance.name, datasetId: instance.datasetId, observedAt: $0) }
    }
}
