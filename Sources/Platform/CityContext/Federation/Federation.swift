public import JSONBytes
public import NGSILD

/// What a request that others may know something of brings along (CIM 009 §4.3.6.4, §4.3.6.5).
public struct TriggeringRequest: Sendable {
    /// The tenant that it is for; empty for the default one.
    public var tenant: String
    /// The values of its `Via` headers, as they came.
    public var via: [String]
    /// All its headers.
    public var headers: [(name: String, value: String)]
    /// What its terms stand for, and where that is found.
    public var context: JSONLDContext
    /// Where ``context`` is found.
    public var contextURL: String

    /// A request.
    public init(
        tenant: String, via: [String], headers: [(name: String, value: String)], context: JSONLDContext,
        contextURL: String
    ) {
        self.tenant = tenant
        self.via = via
        self.headers = headers
        self.context = context
        self.contextURL = contextURL
    }

    /// The pseudonyms of the brokers that it came through (RFC 9110 §7.6.3).
    public var encountered: Set<String> {
        var names: Set<String> = []
        for value in via.flatMap({ $0.split(separator: ",") }) {
            let words = value.split(separator: " ")
            if words.count >= 2 { names.insert(String(words[1])) }
        }
        return names
    }
}

/// Something that went otherwise than it should with a source (CIM 009 §6.3.17).
public struct SourceWarning: Sendable, Hashable {
    /// `110`, `111`, `199` or `299`.
    public let code: Int
    /// What went wrong, for people.
    public let text: String

    /// A warning.
    public init(_ code: Int, _ text: String) {
        self.code = code
        self.text = text
    }

    /// As the header `NGSILD-Warning` has it.
    public var header: String {
        let plain = text.unicodeScalars.map { $0.value >= 0x20 && $0.value < 0x7F && $0 != "\"" ? Character($0) : " " }
        return "\(code) - \"\(String(plain).prefix(200))\""
    }
}

/// A source that is asked, and what it may be asked for.
public struct ConcernedSource: Sendable {
    /// What is registered.
    public let registration: ContextSourceRegistration
    /// What of it concerns the request.
    public let match: RegistrationMatch
}

/// Asks other brokers and devices for what they know, and tells them what is theirs (CIM 009 §4.3.6).
public struct Federation: Sendable {
    /// The most bytes of one answer.
    public static let answerBytes = 16 << 20
    /// Until when a source must have answered that did not say so itself.
    public static let timeout = Duration.seconds(10)
    /// The most entities that a source is asked for at once.
    public static let entitiesAtOnce = 1_000

    let registrations: RegistrationBook
    let contexts: ContextCatalog
    let egress: any Egress
    let now: @Sendable () -> Int64
    private let name: String

    /// A federation of this broker with the sources that are registered.
    ///
    /// - Parameters:
    ///   - name: What this broker is called by others, that nobody else is called.
    ///   - registrations: The sources.
    ///   - contexts: For the `@context`s that they answer with.
    ///   - egress: The way to them.
    ///   - now: The present, in microseconds since 1970.
    public init(
        name: String, registrations: RegistrationBook, contexts: ContextCatalog, egress: any Egress,
        now: @escaping @Sendable () -> Int64
    ) {
        self.name = name
        self.registrations = registrations
        self.contexts = contexts
        self.egress = egress
        self.now = now
    }

    /// What a tenant of this broker is called by others (§5.2.40).
    public func alias(tenant: String) -> String { tenant.isEmpty ? name : "\(name)-\(tenant)" }

    /// Whether a request has come through here before: it is not passed on again.
    public func isLoop(_ request: TriggeringRequest) -> Bool {
        request.encountered.contains(alias(tenant: request.tenant))
    }

    /// The sources that a request concerns.
    ///
    /// - Parameters:
    ///   - specification: What it is about; aliases are added here.
    ///   - operations: What sources are to be asked to do: one of these; empty for all that match.
    ///   - request: The request.
    /// - Returns: In the order in which they were registered; none when the request has come through here before.
    /// - Throws: ``NGSILD/ProblemCode/tooComplexQuery`` when comparing takes too long.
    public func sources(
        for specification: EntitySpecification, _ operations: [ContextSourceOperation], _ request: TriggeringRequest
    ) throws(NGSILDError) -> [ConcernedSource] {
        guard !registrations.isEmpty(tenant: request.tenant), !isLoop(request) else { return [] }
        var specification = specification
        specification.encounteredAliases = request.encountered
        var budget = QueryBudget()
        var found: [ConcernedSource] = []
        for registration in registrations.all(tenant: request.tenant) {
            guard operations.isEmpty || !registration.operations.isDisjoint(with: operations),
                let match = try registration.match(specification, at: now(), within: &budget)
            else { continue }
            found.append(ConcernedSource(registration: registration, match: match))
        }
        return found
    }

    // MARK: One request to one source

    /// Sends a request to a source, in its own words.
    ///
    /// - Parameters:
    ///   - source: Which.
    ///   - method: Such as `GET`.
    ///   - path: Below the source's endpoint, percent-encoded, with its query.
    ///   - body: Without an `@context`; nil for none.
    ///   - request: The request that is passed on.
    /// - Returns: What the source has answered.
    /// - Throws: ``EgressError``.
    func send(
        _ source: ConcernedSource, _ method: String, _ path: String, body: JSONValue?, _ request: TriggeringRequest
    ) async throws(EgressError) -> EgressAnswer {
        let registration = source.registration
        guard !registration.isCoolingDown(at: now()) else {
            throw EgressError(.timeout, "`\(registration.endpoint)` has failed and is left alone for a while")
        }
        var headers: [(name: String, value: String)] = [
            ("Accept", registration.directive("accept") ?? "application/json")
        ]
        let url = contextURL(of: source, request)
        // A `jsonldContext` of the registration always goes beside the body (§4.3.6.6).
        let isInside =
            body != nil && registration.directive("contentType") == "application/ld+json"
            && registration.directive("jsonldContext") == nil
        if body != nil { headers.append(("Content-Type", isInside ? "application/ld+json" : "application/json")) }
        if !isInside {
            headers.append(
                ("Link", "<\(url)>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\""))
        }
        let bytes = body.map { Array((isInside ? $0.with(context: url) : $0).description.utf8) }
        headers.append(("Via", (request.via + ["1.1 \(alias(tenant: request.tenant))"]).joined(separator: ", ")))
        headers += registration.headers(triggeredBy: request.headers)
        headers.append(("Connection", "close"))
        let base =
            registration.endpoint.hasSuffix("/") ? String(registration.endpoint.dropLast()) : registration.endpoint
        let outgoing = EgressRequest(
            method, "\(base)\(path)", headers: headers, body: bytes,
            timeout: registration.management?.timeout ?? Federation.timeout, maximumBytes: Federation.answerBytes)
        let (id, tenant) = (registration.id, request.tenant)
        registrations.count(id, tenant: tenant) { $0.sent(at: now()) }
        do throws(EgressError) {
            let answer = try await egress.send(outgoing)
            let isGood = answer.status < 400 || answer.status == 404
            registrations.count(id, tenant: tenant) { isGood ? $0.succeeded(at: now()) : $0.failed(at: now()) }
            return answer
        } catch {
            registrations.count(id, tenant: tenant) { $0.failed(at: now()) }
            throw error
        }
    }

    /// Where the `@context` is found that a source is spoken to with (§4.3.6.6).
    private func contextURL(of source: ConcernedSource, _ request: TriggeringRequest) -> String {
        source.registration.directive("jsonldContext") ?? request.contextURL
    }

    /// What the terms stand for that a source is spoken to with.
    func context(of source: ConcernedSource, _ request: TriggeringRequest) async throws -> JSONLDContext {
        guard let url = source.registration.directive("jsonldContext") else { return request.context }
        return try await contexts.resolve(.string(url))
    }
}

extension JSONValue {
    /// With an `@context`; each element of an array has it.
    fileprivate func with(context url: String) -> JSONValue {
        switch self {
        case .object(var object):
            object["@context"] = .string(url)
            return .object(object)
        case .array(let elements): return .array(elements.map { $0.with(context: url) })
        default: return self
        }
    }
}

extension String {
    /// Percent-encoded for a path or the value of a parameter (RFC 3986 §2.3); colons stay, as URIs have them.
    var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: ","):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
