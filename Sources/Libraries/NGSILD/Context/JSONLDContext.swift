public import JSONBytes

/// A JSON-LD `@context`, as far as NGSI-LD needs it: what terms stand for, and which term stands for a name
/// (CIM 009 §4.4, §5.5.7).
///
/// Inside the broker everything has one **canonical name**, whatever `@context` it came with: the short term where the
/// core `@context` would expand it into its own namespace or into the default one (`speed`, `location`, `Vehicle`), the
/// full IRI for all others. A value: resolved once, shared by all requests that name it.
public struct JSONLDContext: Sendable, Hashable {
    /// The core `@context` alone.
    public static let core = JSONLDContext(definitions: nil)

    /// What a term defines beyond its name.
    public enum Coercion: Sendable, Hashable {
        /// `"@type":"@vocab"`: values are terms.
        case vocabulary
        /// `"@type":"@id"`: values are IRIs.
        case identifier
        /// `"@type":"@json"`: values are not looked at.
        case json
    }

    /// What a user's context says; nil for the core alone, which nearly all requests have.
    private let definitions: ContextDefinitions?

    init(definitions: ContextDefinitions?) {
        self.definitions = definitions
    }

    /// Whether nothing is defined beside the core.
    public var isCoreOnly: Bool { definitions == nil }

    /// The canonical name that a term, a prefixed term or an IRI stands for.
    ///
    /// - Parameter term: As it is written in a document or a query; not checked.
    /// - Returns: A name by which the broker knows it.
    public func name(of term: String) -> String { definitions?.name(of: term) ?? CoreContext.term(term) }

    /// How a name is written: the shortest that ``name(of:)`` reads back; the IRI where there is none.
    ///
    /// - Parameter name: A canonical name.
    /// - Returns: A term, a prefixed term or an IRI.
    public func term(for name: String) -> String { definitions?.term(for: name) ?? name }

    /// What the values of a term are, where its definition says so.
    public func coercion(of term: String) -> Coercion? { definitions?.terms[term]?.coercion }

    /// Whether both define the same.
    public static func == (left: JSONLDContext, right: JSONLDContext) -> Bool {
        left.definitions === right.definitions || left.definitions?.terms == right.definitions?.terms
    }

    /// Hashes the number of definitions: few contexts are ever compared.
    public func hash(into hasher: inout Hasher) { hasher.combine(definitions?.terms.count ?? 0) }

    // MARK: Core contexts

    /// Where the newest core `@context` is found.
    public static let coreURL = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"

    /// Whether a URL is that of a core `@context` that is built in: it is never loaded.
    ///
    /// All of them stand for the newest, which has every term of those before it.
    public static func isCore(url: String) -> Bool {
        guard let file = coreFile(of: url) else { return false }
        return ["", "-v1.3", "-v1.4", "-v1.5", "-v1.6", "-v1.7", "-v1.8", "-v1.9"].contains(file)
    }

    /// What stands between the fixed parts of a core context's URL; nil for other URLs.
    static func coreFile(of url: String) -> Substring? {
        for scheme in ["https://", "http://"] {
            let head = "\(scheme)uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"
            if url.hasPrefix(head), url.hasSuffix(".jsonld"), url.count >= head.count + 7 {
                return url.dropFirst(head.count).dropLast(7)
            }
        }
        return nil
    }
}

/// What the terms of a user's context stand for, both ways.
final class ContextDefinitions: Sendable {
    struct Term: Sendable, Hashable {
        /// A canonical name; nil for a term that stands for nothing.
        let name: String?
        let coercion: JSONLDContext.Coercion?
        /// What is put before a suffix when the term is a prefix; nil when it is none.
        let prefix: String?
    }

    let terms: [String: Term]
    private let vocabulary: String?
    private let termsByName: [String: String]
    private let prefixes: [(iri: String, term: String)]

    init(terms: [String: Term], vocabulary: String?) {
        self.terms = terms
        self.vocabulary = vocabulary
        var byName: [String: String] = [:]
        for (term, definition) in terms {
            guard let name = definition.name else { continue }
            // The shortest, and of equals the first in the alphabet (JSON-LD 1.1 API, inverse context creation).
            if let other = byName[name], (other.utf8.count, other) <= (term.utf8.count, term) { continue }
            byName[name] = term
        }
        termsByName = byName
        prefixes = terms.compactMap { term, definition in definition.prefix.map { ($0, term) } }
            .sorted { ($0.iri.utf8.count, $1.term) > ($1.iri.utf8.count, $0.term) }
    }

    func name(of term: String) -> String {
        if let definition = terms[term] { return definition.name ?? CoreContext.term(term) }
        if CoreContext.isTerm(term) { return term }
        if term.utf8.first == UInt8(ascii: "@") { return CoreContext.term(term) }
        if let colon = term.utf8.firstIndex(of: UInt8(ascii: ":")) {
            let suffix = term[term.utf8.index(after: colon)...]
            if !suffix.hasPrefix("//"), let prefix = terms[String(term[..<colon])]?.prefix {
                return CoreContext.term(prefix + suffix)
            }
            return CoreContext.term(term)
        }
        return vocabulary.map { CoreContext.term($0 + term) } ?? term
    }

    func term(for name: String) -> String {
        if let term = termsByName[name] { return term }
        if name.utf8.contains(UInt8(ascii: ":")) {
            for (iri, term) in prefixes where name.hasPrefix(iri) && name.utf8.count > iri.utf8.count {
                return "\(term):\(name.dropFirst(iri.count))"
            }
            if let vocabulary, name.hasPrefix(vocabulary) {
                let rest = String(name.dropFirst(vocabulary.count))
                if self.name(of: rest) == name { return rest }
            }
            return name
        }
        // A short name of the default context, whose term may be another's here.
        guard self.name(of: name) != name else { return name }
        // The core has a prefix for its own namespace.
        let iri = CoreContext.iri(of: name)
        return iri.hasPrefix(CoreContext.namespace) ? "ngsi-ld:" + iri.dropFirst(CoreContext.namespace.count) : iri
    }
}
