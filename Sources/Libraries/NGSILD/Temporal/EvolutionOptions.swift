/// How temporal evolutions are written (CIM 009 §6.3.11, §6.3.12).
public struct EvolutionOptions: Sendable {
    /// What is written of each attribute.
    public enum Representation: Sendable, Hashable {
        /// Its instances in full (§4.5.7, §4.5.8).
        case normalized
        /// Pairs of value and time (§4.5.9).
        case temporalValues
        /// One value for each period (§4.5.19).
        case aggregatedValues(Aggregation)
    }

    /// Normalized unless asked otherwise.
    public var representation = Representation.normalized
    /// Names, system attributes and projection.
    public var entity: EntityOptions

    /// Normalized.
    ///
    /// - Parameter entity: Names, system attributes and projection; its own representation is not looked at.
    public init(_ entity: EntityOptions = EntityOptions()) {
        self.entity = entity
    }

    /// Reads the parameters of a request; nil for an absent one.
    ///
    /// - Parameters:
    ///   - options: Words between commas: one representation, `sysAttrs`, or both.
    ///   - format: One representation, which comes before the one in `options`.
    ///   - aggrMethods: As ``Aggregation/init(parsingMethods:period:)`` reads it. Where no representation is named, as in a
    ///     posted query with `aggrParams` (§5.2.44), it asks for aggregated values; beside another it says nothing.
    ///   - aggrPeriodDuration: The same.
    ///   - entity: Names and projection.
    /// - Throws: ``ProblemCode/invalidRequest`` for words that the standard does not know here, and for two
    ///   representations in `options`; ``ProblemCode/badRequestData`` for an aggregation that is none.
    public init(
        parsingOptions options: String?, format: String?, aggrMethods: String? = nil, aggrPeriodDuration: String? = nil,
        entity: EntityOptions = EntityOptions()
    ) throws(NGSILDError) {
        self.init(entity)
        var named: Word?
        for text in (options ?? "").split(separator: ",") {
            if text == "sysAttrs" {
                self.entity.includesSystemAttributes = true
                continue
            }
            let word = try Word(String(text), in: "options")
            guard named == nil || named == word else {
                throw NGSILDError(.invalidRequest, "`options` names two representations; only one can be given")
            }
            named = word
        }
        if let format { named = try Word(format, in: "format") }
        switch named ?? (aggrMethods == nil ? .normalized : .aggregatedValues) {
        case .normalized: representation = .normalized
        case .temporalValues: representation = .temporalValues
        case .aggregatedValues:
            representation = .aggregatedValues(try Aggregation(parsingMethods: aggrMethods, period: aggrPeriodDuration))
        }
    }

    /// A representation by its name.
    private enum Word {
        case normalized
        case temporalValues
        case aggregatedValues

        init(_ text: String, in parameter: String) throws(NGSILDError) {
            switch text {
            case "normalized": self = .normalized
            // Synonyms that the standard has for entities (§6.3.7).
            case "temporalValues", "simplified", "keyValues": self = .temporalValues
            case "aggregatedValues": self = .aggregatedValues
            default:
                let known = "`normalized`, `temporalValues` and `aggregatedValues`"
                throw NGSILDError(
                    .invalidRequest,
                    "`\(parameter)` has \(NGSILDError.quoted(text)); known representations are \(known)")
            }
        }
    }
}
