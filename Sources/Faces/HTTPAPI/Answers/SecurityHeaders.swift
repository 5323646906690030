import HTTPTypes
import WebConsole

/// Headers that every answer carries, so that a browser holds the console to what it is meant to do.
struct SecurityHeaders: Sendable {
    private let common: [HTTPField]
    private let policy: String
    private let strictTransport = HTTPField(
        name: .strictTransportSecurity, value: "max-age=31536000; includeSubDomains")
    /// For answers that are not documents: nothing may load anything.
    private let apiPolicy = HTTPField(
        name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'")

    init(tiles: TileLayer?) {
        policy = ContentSecurityPolicy(tiles: tiles).headerValue
        common = [
            HTTPField(name: .xContentTypeOptions, value: "nosniff"),
            HTTPField(name: SecurityHeaders.name("Referrer-Policy"), value: "same-origin"),
            HTTPField(name: SecurityHeaders.name("Cross-Origin-Opener-Policy"), value: "same-origin"),
            HTTPField(name: SecurityHeaders.name("Cross-Origin-Resource-Policy"), value: "same-origin"),
        ]
    }

    func apply(to headers: inout HTTPFields, door: Door) {
        if headers[.contentType]?.hasPrefix("text/html") == true {
            headers[.contentSecurityPolicy] = policy
        } else {
            headers.append(apiPolicy)
        }
        for field in common { headers.append(field) }
        if door == .guarded { headers.append(strictTransport) }
    }

    /// A name that is spelt out here and is a token.
    static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("`\(text)` is not a field name") }
        return name
    }
}

extension HTTPField.Name {
    /// The reader's purpose, for personal data.
    static let bastidePurpose = SecurityHeaders.name("Bastide-Purpose")
    /// The session's token against forged requests.
    static let csrfToken = SecurityHeaders.name("X-CSRF-Token")
    /// How many results there are in all (CIM 009 §6.3.13).
    static let ngsiLDResultsCount = SecurityHeaders.name("NGSILD-Results-Count")
    /// Which tenant is meant (CIM 009 §6.3.14).
    /// RFC 7240.
    static let prefer = SecurityHeaders.name("Prefer")
    static let via = SecurityHeaders.name("Via")
    /// What went otherwise than it should with other brokers (CIM 009 §6.3.17).
    static let ngsiLDWarning = SecurityHeaders.name("NGSILD-Warning")
    static let preferenceApplied = SecurityHeaders.name("Preference-Applied")
    static let ngsiLDTenant = SecurityHeaders.name("NGSILD-Tenant")
    /// The `@context` of a body and other relations (RFC 8288).
    static let link = SecurityHeaders.name("Link")
    /// Where a request comes from, as a browser says (Fetch Metadata).
    static let secFetchSite = SecurityHeaders.name("Sec-Fetch-Site")
    static let secFetchMode = SecurityHeaders.name("Sec-Fetch-Mode")
    /// Asks reverse proxies to give events on as they come.
    static let accelBuffering = SecurityHeaders.name("X-Accel-Buffering")
}
