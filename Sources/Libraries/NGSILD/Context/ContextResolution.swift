public import JSONBytes

/// What a user's `@context` may take.
public struct JSONLDLimits: Sendable {
    /// Documents that one context may refer to, in all.
    public var documents = 32
    /// References inside each other.
    public var depth = 8
    /// Terms, in all.
    public var terms = 20_000
    /// Nested arrays of contexts.
    public var nesting = 16

    /// The usual limits.
    public static let standard = JSONLDLimits()
}

extension JSONLDContext {
    /// Works out what a `@context` says (JSON-LD 1.1 API §4.1).
    ///
    /// - Parameters:
    ///   - context: As it stands in a document: a URL, an object, null, or an array of these.
    ///   - limits: What it may take.
    ///   - load: Gives the document at a URL, or says why not.
    /// - Returns: What its terms stand for. The core `@context` has the last word (CIM 009 §5.5.7).
    /// - Throws: ``ProblemCode/badRequestData`` when it is none, or refers to itself;
    ///   ``ProblemCode/ldContextNotAvailable`` when a document it refers to is not to be had; what `load` throws.
    public static func resolving(
        _ context: JSONValue, limits: JSONLDLimits = .standard, loading load: (String) async throws -> JSONValue
    ) async throws -> JSONLDContext {
        var resolution = ContextResolution(limits: limits)
        try await resolution.add(context, path: JSONPath.root["@context"], chain: [], load)
        return try resolution.result()
    }
}

/// A `@context` on its way from JSON to definitions: first all its pieces are gathered, then terms are worked out.
private struct ContextResolution {
    let limits: JSONLDLimits
    private var documents = 0
    /// Term definitions as they were given, the last counting.
    private var given: [String: JSONValue] = [:]
    private var vocabulary: String?

    init(limits: JSONLDLimits) {
        self.limits = limits
    }

    mutating func add(
        _ context: JSONValue, path: JSONPath, chain: [String], nesting: Int = 0,
        _ load: (String) async throws -> JSONValue
    ) async throws {
        switch context {
        case .string(let url): try await follow(url, path: path, chain: chain, load)
        case .null:
            given = [:]
            vocabulary = nil
        case .array(let elements):
            guard nesting < limits.nesting else {
                throw NGSILDError(at: path, expected: "at most \(limits.nesting) nested arrays", found: "more")
            }
            for (index, element) in elements.enumerated() {
                try await add(element, path: path[index], chain: chain, nesting: nesting + 1, load)
            }
        case .object(let object):
            if let imported = object["@import"] {
                guard case .string(let url) = imported else {
                    throw NGSILDError(at: path["@import"], expected: "a URL", found: imported)
                }
                try await follow(url, path: path["@import"], chain: chain, load)
            }
            try take(object, path: path)
        case .bool, .number:
            throw NGSILDError(at: path, expected: "the URL of a JSON-LD @context, or an object", found: context)
        }
    }

    private mutating func follow(
        _ url: String, path: JSONPath, chain: [String], _ load: (String) async throws -> JSONValue
    ) async throws {
        if JSONLDContext.isCore(url: url) { return }
        guard JSONLDContext.coreFile(of: url) == nil else {
            throw NGSILDError(.ldContextNotAvailable, "there is no core @context \(NGSILDError.quoted(url)) here")
        }
        guard Names.isURI(url) else {
            throw NGSILDError(at: path, expected: "the absolute URL of a JSON-LD @context", found: .string(url))
        }
        guard !chain.contains(url) else {
            throw NGSILDError(at: path, expected: "an @context that does not refer to itself", found: .string(url))
        }
        documents += 1
        guard documents <= limits.documents, chain.count < limits.depth else {
            throw NGSILDError(
                at: path, expected: "at most \(limits.documents) documents, \(limits.depth) deep", found: "more")
        }
        guard case .object(let document) = try await load(url), let inner = document["@context"] else {
            throw NGSILDError(
                .badRequestData, "the document at \(NGSILDError.quoted(url)) is no JSON-LD @context")
        }
        try await add(inner, path: path, chain: chain + [url], load)
    }

    private mutating func take(_ object: JSONObject, path: JSONPath) throws(NGSILDError) {
        for member in object.members {
            switch member.name {
            case "@vocab": vocabulary = try iri(member.value, at: path["@vocab"])
            case "@base", "@language", "@direction", "@version", "@propagate", "@protected", "@import": break
            case let name where name.hasPrefix("@"):
                throw NGSILDError(at: path[name], expected: "a keyword of a context", found: NGSILDError.quoted(name))
            default: given[member.name] = member.value
            }
        }
        guard given.count <= limits.terms else {
            throw NGSILDError(at: path, expected: "at most \(limits.terms) terms", found: "more")
        }
    }

    private func iri(_ value: JSONValue, at path: JSONPath) throws(NGSILDError) -> String? {
        switch value {
        case .null: return nil
        case .string(let text) where text.isEmpty || Names.isURI(text): return text.isEmpty ? nil : text
        default: throw NGSILDError(at: path, expected: "an IRI", found: value)
        }
    }

    // MARK: Terms

    func result() throws(NGSILDError) -> JSONLDContext {
        guard !given.isEmpty || vocabulary != nil else { return .core }
        var terms: [String: ContextDefinitions.Term] = [:]
        for (term, definition) in given where !CoreContext.isTerm(term) {
            terms[term] = try self.term(term, definition)
        }
        return JSONLDContext(definitions: ContextDefinitions(terms: terms, vocabulary: vocabulary))
    }

    private func term(_ term: String, _ definition: JSONValue) throws(NGSILDError) -> ContextDefinitions.Term {
        let path = JSONPath.root["@context"][term]
        switch definition {
        case .null: return ContextDefinitions.Term(name: nil, coercion: nil, prefix: nil)
        case .string(let text):
            let iri = try expand(text, for: term, at: path)
            let isPrefix = iri.last.map { ":/?#[]@".contains($0) } ?? false
            return ContextDefinitions.Term(name: canonical(iri), coercion: nil, prefix: isPrefix ? iri : nil)
        case .object(let object):
            guard object["@reverse"] == nil, object["@context"] == nil else {
                throw NGSILDError(at: path, expected: "a term without `@reverse` and `@context`", found: definition)
            }
            let iri: String
            switch object["@id"] {
            case nil: iri = try expand(term, for: term, at: path)
            case .string(let text)?: iri = try expand(text, for: term, at: path)
            case .null?: return ContextDefinitions.Term(name: nil, coercion: nil, prefix: nil)
            case let other?: throw NGSILDError(at: path["@id"], expected: "an IRI", found: other)
            }
            return ContextDefinitions.Term(
                name: canonical(iri), coercion: try coercion(object["@type"], at: path),
                prefix: object["@prefix"] == .bool(true) ? iri : nil)
        case .bool, .number, .array:
            throw NGSILDError(at: path, expected: "what the term stands for", found: definition)
        }
    }

    private func canonical(_ iri: String) -> String {
        // An alias of a keyword stands for what the core calls it.
        iri == "@id" ? "id" : iri == "@type" ? "type" : CoreContext.term(iri)
    }

    private func coercion(_ type: JSONValue?, at path: JSONPath) throws(NGSILDError) -> JSONLDContext.Coercion? {
        switch type {
        case nil, .null?: return nil
        case .string("@vocab")?: return .vocabulary
        case .string("@id")?: return .identifier
        case .string("@json")?: return .json
        case .string?: return nil
        case let other?: throw NGSILDError(at: path["@type"], expected: "an IRI or a keyword", found: other)
        }
    }

    /// The IRI that the text of a definition stands for, other terms worked out on the way.
    private func expand(
        _ text: String, for term: String, at path: JSONPath, seen: [String] = []
    ) throws(NGSILDError) -> String {
        if text.hasPrefix("@") { return text }
        guard seen.count < 32, !seen.contains(text) else {
            throw NGSILDError(at: path, expected: "a term that is not defined by itself", found: .string(text))
        }
        if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
            let (prefix, suffix) = (String(text[..<colon]), text[text.utf8.index(after: colon)...])
            if !suffix.hasPrefix("//"), prefix != term,
                let iri = try expansion(of: prefix, at: path, seen: seen + [text])
            {
                return iri + suffix
            }
            guard Names.isURI(text) || suffix.isEmpty else {
                throw NGSILDError(at: path, expected: "an IRI", found: .string(text))
            }
            return text
        }
        if text != term, let iri = try expansion(of: text, at: path, seen: seen + [text]) { return iri }
        if CoreContext.isTerm(text) || vocabulary == nil { return CoreContext.iri(of: text) }
        return (vocabulary ?? "") + text
    }

    /// What another term of this context stands for; nil when there is none.
    private func expansion(of term: String, at path: JSONPath, seen: [String]) throws(NGSILDError) -> String? {
        switch given[term] {
        case .string(let text)?: return try expand(text, for: term, at: path, seen: seen)
        case .object(let object)?:
            guard case .string(let text)? = object["@id"] else { return nil }
            return try expand(text, for: term, at: path, seen: seen)
        default: return nil
        }
    }
}
