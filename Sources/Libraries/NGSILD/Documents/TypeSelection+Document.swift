extension TypeSelection {
    /// The selection as text, with the terms of a context.
    public func text(terms context: JSONLDContext) -> String {
        let parts = alternatives.map { together in
            let types = together.map(context.term)
            return types.count == 1 ? types[0] : "(\(types.joined(separator: ";")))"
        }
        return parts.joined(separator: "|")
    }
}
