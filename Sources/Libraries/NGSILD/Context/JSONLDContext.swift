/// A JSON-LD `@context`, as far as NGSI-LD needs it: what terms stand for, and which term stands for a name
/// (CIM 009 §4.4, §5.5.7).
///
/// Inside the broker everything has one **canonical name**, whatever `@context` it came with: the short term where the
/// core `@context` would expand it into its own namespace or into the default one (`speed`, `location`, `Vehicle`), the
/// full IRI for all others. A value: resolved once, shared by all requests that name it.
public struct JSONLDContext: Sendable, Hashable {
    /// The core `@context` alone, of v1.9.
    public static let core = JSONLDContext()

    /// What a term defines beyond its name.
    public enum Coercion: Sendable, Hashable {
        /// `"@type":"@vocab"`: values are terms.
        case vocabulary
        /// `"@type":"@id"`: values are IRIs.
        case identifier
        /// `"@type":"@json"`: values are not looked at.
        case json
    }

    private init() {}

    /// The canonical name that a term, a prefixed term or an IRI stands for.
    ///
    /// - Parameter term: As it is written in a document or a query; not checked.
    public func name(of term: String) -> String { CoreContext.term(term) }

    /// How a name is written: the shortest that ``name(of:)`` reads back; the IRI where there is none.
    ///
    /// - Parameter name: A canonical name.
    public func term(for name: String) -> String { name }

    /// What the values of a term are, where its definition says so.
    public func coercion(of term: String) -> Coercion? { nil }
}
