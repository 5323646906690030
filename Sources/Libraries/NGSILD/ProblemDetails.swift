public import JSONBytes

/// Why an NGSI-LD operation was refused (CIM 009 §5.5.2). Closed on purpose: one row per code, no second table.
public enum ProblemCode: Sendable, Hashable, CaseIterable {
    /// The request itself is malformed: not JSON, or parameters that contradict each other.
    case invalidRequest
    /// The request is well-formed, its content does not meet the standard.
    case badRequestData
    /// The entity, subscription or registration exists already.
    case alreadyExists
    /// The request is well-formed, and goes against what is there.
    case conflict
    /// The operation is part of the standard, and not supported here.
    case operationNotSupported
    /// No such entity, attribute, subscription or registration.
    case resourceNotFound
    /// Our fault.
    case internalError
    /// The query costs more than may be asked for.
    case tooComplexQuery
    /// The query has more results than may be asked for.
    case tooManyResults
    /// A remote `@context` could not be fetched.
    case ldContextNotAvailable
    /// Tenants are not supported here.
    case noMultiTenantSupport
    /// No such tenant.
    case nonexistentTenant

    /// HTTP status, last part of the problem's URI, and title (CIM 009 v1.9.1, table 6.3.2-1).
    private var row: (status: Int, name: String, title: String) {
        switch self {
        case .invalidRequest: (400, "InvalidRequest", "The request is malformed")
        case .badRequestData: (400, "BadRequestData", "The request's data does not meet the requirements")
        case .alreadyExists: (409, "AlreadyExists", "The resource already exists")
        case .conflict: (409, "Conflict", "The operation conflicts with the current state")
        case .operationNotSupported: (422, "OperationNotSupported", "The operation is not supported")
        case .resourceNotFound: (404, "ResourceNotFound", "The resource was not found")
        case .internalError: (500, "InternalError", "An internal error occurred")
        case .tooComplexQuery: (403, "TooComplexQuery", "The query is too complex")
        case .tooManyResults: (403, "TooManyResults", "The query has too many results")
        case .ldContextNotAvailable: (504, "LdContextNotAvailable", "A remote @context is not available")
        case .noMultiTenantSupport: (501, "NoMultiTenantSupport", "Tenants are not supported")
        case .nonexistentTenant: (404, "NonexistentTenant", "The tenant does not exist")
        }
    }

    /// HTTP status.
    public var status: Int { row.status }

    /// The problem's type, `https://uri.etsi.org/ngsi-ld/errors/…`.
    public var type: String { "https://uri.etsi.org/ngsi-ld/errors/\(row.name)" }

    /// The same sentence for every problem of this type.
    public var title: String { row.title }
}

/// A refusal as a client sees it (RFC 9457, CIM 009 §5.5.3).
public struct ProblemDetails: Sendable, Hashable {
    /// Decides status, type and title.
    public let code: ProblemCode
    /// What was wrong with this request.
    public let detail: String

    /// A refusal.
    ///
    /// - Parameters:
    ///   - code: Decides status, type and title.
    ///   - detail: What was wrong with this request; shown to the client.
    public init(_ code: ProblemCode, detail: String) {
        self.code = code
        self.detail = detail
    }

    /// A refusal because of an error.
    ///
    /// - Parameter error: Its code and its message.
    public init(_ error: NGSILDError) {
        self.init(error.code, detail: error.message)
    }

    /// Writes `{"type":…,"title":…,"status":…,"detail":…}`, to be sent as `application/problem+json`.
    ///
    /// - Parameter writer: Where to write.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string(code.type)
        writer.key("title")
        writer.string(code.title)
        writer.key("status")
        writer.integer(Int64(code.status))
        writer.key("detail")
        writer.string(detail)
        writer.endObject()
    }
}
