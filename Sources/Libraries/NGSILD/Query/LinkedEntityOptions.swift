/// Whether and how far relationships are followed (CIM 009 §4.5.23, §6.4.3.2).
public struct LinkedEntityOptions: Sendable, Hashable {
    /// Where linked entities are written.
    public enum Join: String, Sendable, Hashable {
        /// Beside those that they are linked to.
        case flat
        /// Inside the relationships that lead to them.
        case inline
    }

    /// Most relationships that are followed one after the other, however many are asked for.
    public static let highestLevel = 8

    /// Where they are written.
    public let join: Join
    /// How many relationships are followed one after the other.
    public let level: Int
    /// URIs that are not followed.
    public let met: [String]

    /// Reads the parameters; nil for an absent one.
    ///
    /// - Returns: nil when nothing is joined.
    /// - Throws: ``ProblemCode/badRequestData`` that says which parameter is wrong.
    public init?(join: String?, level: String?, containedBy: String?) throws(NGSILDError) {
        let number = try level.map { text throws(NGSILDError) in
            guard let number = Int(text), number > 0 else {
                throw NGSILDError(
                    .badRequestData, "`joinLevel` must be a positive whole number, it is \(NGSILDError.quoted(text))")
            }
            return number
        }
        let met =
            try containedBy.map { text throws(NGSILDError) in
                try Names.uriList(parsing: text, parameter: "containedBy")
            } ?? []
        switch join {
        case nil:
            guard level == nil, containedBy == nil else {
                throw NGSILDError(.badRequestData, "`joinLevel` and `containedBy` go with `join`")
            }
            return nil
        case "@none"?: return nil
        case let text?:
            guard let join = Join(rawValue: text) else {
                throw NGSILDError(
                    .badRequestData, "`join` must be `flat`, `inline` or `@none`, it is \(NGSILDError.quoted(text))")
            }
            self.join = join
        }
        self.level = min(number ?? 1, LinkedEntityOptions.highestLevel)
        self.met = met
    }
}
