extension TypeSelection {
    /// Reads a type selection of canonical names.
    ///
    /// - Parameters:
    ///   - text: As it stands in an EntitySelector.
    ///   - context: What its terms stand for.
    /// - Throws: As ``init(parsing:)``.
    init(parsing text: String, terms context: JSONLDContext) throws(NGSILDError) {
        let selection = try TypeSelection(parsing: text)
        self.init(alternatives: selection.alternatives.map { $0.map(context.name) })
    }

    /// The selection as text, with the terms of a context.
    func text(terms context: JSONLDContext) -> String {
        let parts = alternatives.map { together in
            let types = together.map(context.term)
            return types.count == 1 ? types[0] : "(\(types.joined(separator: ";")))"
        }
        return parts.joined(separator: "|")
    }
}
