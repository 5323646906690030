import CityContext
import CityModel
import CityPath
import HTTPTypes
import Hummingbird
import JSONBytes
import NGSILD
import NIOCore

/// A request of the NGSI-LD API, and what the standard says of all of them: tenants, `@context`s, bodies (CIM 009 §6.3).
struct ContextVisit: Sendable {
    let visit: Visit
    let shared: HTTPShared
    /// The tenant; empty for the default one.
    let tenant: String

    init(_ visit: Visit, _ shared: HTTPShared) throws(Problem) {
        self.visit = visit
        self.shared = shared
        tenant = try Tenants.name(in: visit.request)
        guard !visit.request.uri.path.contains("//") else {
            throw Problem(.badRequestData, "an element of the path is empty")
        }
    }

    var request: Request { visit.request }
    var parameters: RequestParameters { visit.parameters }
    var city: City { visit.city }
    var now: Int64 { visit.now.microseconds }

    // MARK: Tenants

    /// The tenant's entities.
    ///
    /// - Throws: ``ProblemCode/nonexistentTenant``.
    func store() throws(Problem) -> TenantStore {
        guard let store = city.views.context.tenant(tenant) else {
            throw Problem(
                .nonexistentTenant, "there is no tenant `\(tenant)`: it is there once something is created for it")
        }
        return store
    }

    /// What the caller may see of the tenant's entities.
    func sight(_ permit: Permit) throws(Problem) -> EntitySight {
        EntitySight(store: try store(), twin: city.views.twin, upTo: permit.highestClass, now: now)
    }

    func key(_ id: String) -> EntityKey { EntityKey(tenant: tenant, id: id) }

    // MARK: What others know

    /// Whether others are to be asked, too (§6.3.18).
    func isDistributed() throws(Problem) -> Bool {
        try !parameters.flag("local") && !city.views.registrations.isEmpty(tenant: tenant)
    }

    /// What the request brings along for those that it is passed on to.
    func triggering(_ context: ResolvedContext) -> TriggeringRequest {
        TriggeringRequest(
            tenant: tenant, via: request.headers[values: .via],
            headers: request.headers.map { ($0.name.rawName, $0.value) }, context: context.context,
            contextURL: context.url)
    }

    /// Whether a caller may see an attribute of an entity that is kept elsewhere: as the catalogue has it.
    func mayRead(_ permit: Permit) -> @Sendable (_ attribute: String, _ types: [String]) -> Bool {
        let (catalogue, highest) = (city.catalogue, permit.highestClass)
        if highest == .sensitive { return { _, _ in true } }
        return { name, types in
            (types.map { catalogue.specification(of: name, in: $0).label.dataClass }.max() ?? .restricted) <= highest
        }
    }

    // MARK: Parameters

    /// The id of an entity, subscription or registration in the path.
    ///
    /// - Throws: ``ProblemCode/badRequestData`` when it is no URI.
    func uri(_ name: String = "id") throws -> String {
        let id = try visit.parameter(name)
        guard Names.isURI(id) else {
            throw Problem(.badRequestData, "`\(id.prefix(200))` is no URI such as `urn:ngsi-ld:Vehicle:A1`")
        }
        return id
    }

    /// The type selection of the query.
    func types(_ context: JSONLDContext) throws -> TypeSelection? {
        try parameters["type"].map { try TypeSelection(parsing: $0, context: context) }
    }

    // MARK: Contexts

    /// The `@context` of a request without a body: of the `Link` header.
    func linkedContext() async throws -> ResolvedContext {
        guard let url = try ContextLink.url(in: request.headers) else { return .core }
        return try await shared.resolved(url)
    }

    // MARK: Bodies

    /// The body and its `@context` (§6.3.4, §6.3.5).
    ///
    /// - Throws: A problem; `411` and `415` have no body.
    func body() async throws -> (value: JSONValue, context: ResolvedContext) {
        let (value, isLinked) = try await rawBody()
        guard isLinked else {
            guard case .object(let object) = value else {
                throw Problem(.invalidRequest, "at `$`: expected an object, found \(value.kindName)")
            }
            return (value, try await context(in: object))
        }
        return (value, try await linkedContext())
    }

    /// The elements of a batch, each with its own `@context`.
    func batch() async throws -> [(value: JSONValue, context: Result<ResolvedContext, any Error>)] {
        let (value, isLinked) = try await rawBody(isBatch: true)
        guard case .array(let elements) = value, !elements.isEmpty else {
            throw Problem(.badRequestData, "at `$`: expected an array of one or more elements, found \(value.kindName)")
        }
        guard elements.count <= BatchEndpoints.elements else {
            throw Problem(
                .tooManyResults, "a batch has up to \(BatchEndpoints.elements) elements, found \(elements.count)")
        }
        guard !elements.contains(.null) else {
            throw Problem(.badRequestData, "at `$`: an element of the batch is null")
        }
        if isLinked {
            let context = try await linkedContext()
            let misplaced = Problem(
                .badRequestData, "at `$.@context`: only a body of `application/ld+json` has it; use a `Link` header")
            return elements.map { ($0, $0.elementsHaveContext ? .failure(misplaced) : .success(context)) }
        }
        var result: [(value: JSONValue, context: Result<ResolvedContext, any Error>)] = []
        for element in elements {
            guard case .object(let object) = element else {
                result.append((element, .success(.core)))
                continue
            }
            do {
                result.append((element, .success(try await context(in: object))))
            } catch {
                result.append((element, .failure(error)))
            }
        }
        return result
    }

    /// - Returns: The body, and whether its `@context` is that of the `Link` header.
    func rawBody(isBatch: Bool = false) async throws -> (value: JSONValue, isLinked: Bool) {
        let type = MediaRange.type(of: request.headers[.contentType])
        let isLD = type == "application/ld+json"
        let isPatch = request.method == .patch && type == "application/merge-patch+json"
        guard isLD || isPatch || type == "application/json" || request.headers[.contentType] == nil else {
            throw BareStatus(.unsupportedMediaType)
        }
        guard request.headers[.contentLength] != nil || request.headers[.transferEncoding] == nil else {
            throw BareStatus(.lengthRequired)
        }
        let bytes = try await shared.bodies.bytes(of: request, from: visit.peer)
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes.readableBytesView)
        } catch {
            throw Problem(.invalidRequest, error.message)
        }
        if isLD {
            guard try ContextLink.url(in: request.headers) == nil else {
                throw Problem(
                    .badRequestData, "a body of `application/ld+json` has its own @context: leave out the `Link` header"
                )
            }
        } else if !isBatch, value.elementsHaveContext {
            throw Problem(
                .badRequestData, "at `$.@context`: only a body of `application/ld+json` has it; use a `Link` header")
        }
        return (value, !isLD)
    }

    private func context(in object: JSONObject) async throws -> ResolvedContext {
        guard let context = object["@context"] else {
            throw Problem(.badRequestData, "at `$.@context`: a body of `application/ld+json` needs it")
        }
        return try await shared.resolved(context, tenant: tenant)
    }
}

extension JSONValue {
    /// Whether an object, or one of an array of objects, has an `@context`.
    fileprivate var elementsHaveContext: Bool {
        switch self {
        case .object(let object): object["@context"] != nil
        case .array(let elements): elements.contains(where: \.elementsHaveContext)
        default: false
        }
    }
}

extension HTTPShared {
    /// What the context at a URL says.
    func resolved(_ url: String) async throws -> ResolvedContext {
        if JSONLDContext.isCore(url: url) { return .core }
        return ResolvedContext(context: try await contexts.resolve(.string(url)), url: url, document: .string(url))
    }

    /// What a context that stands in a body says. One that is not at a URL gets one here, for answers to name.
    func resolved(_ context: JSONValue, tenant: String) async throws -> ResolvedContext {
        let resolved = try await contexts.resolve(context)
        let users = context.contextParts.filter { part in
            if case .string(let url) = part { !JSONLDContext.isCore(url: url) } else { true }
        }
        switch users.first {
        case nil: return .core
        case .string(let url)? where users.count == 1:
            return ResolvedContext(context: resolved, url: url, document: context)
        default:
            let kept = try await contexts.add(context, .implicitlyCreated, tenant: tenant)
            return ResolvedContext(context: resolved, url: kept.url, document: context, isCreatedHere: true)
        }
    }
}

extension JSONValue {
    fileprivate var contextParts: [JSONValue] {
        if case .array(let parts) = self { parts } else { [self] }
    }
}

/// A status without a body, where the standard wants it so (§6.3.4).
struct BareStatus: Error {
    let status: HTTPResponse.Status

    init(_ status: HTTPResponse.Status) {
        self.status = status
    }
}

/// Tenants (CIM 009 §5.5.10, §6.3.14).
enum Tenants {
    /// The tenant that a request names; empty for the default one.
    ///
    /// - Throws: ``ProblemCode/badRequestData`` for what may not name one.
    static func name(in request: Request) throws(Problem) -> String {
        guard let name = request.headers[.ngsiLDTenant], !name.isEmpty else { return "" }
        let isPlain = name.utf8.allSatisfy { byte in
            byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "A") < 26 || byte &- UInt8(ascii: "0") < 10
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: ":")
        }
        guard isPlain, name.utf8.count <= 128 else {
            throw Problem(.badRequestData, "a tenant's name has up to 128 letters, digits, `_`, `-`, `.` and `:`")
        }
        return name
    }
}
