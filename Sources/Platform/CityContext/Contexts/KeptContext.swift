public import JSONBytes

/// An `@context` that is kept here (CIM 009 §5.13).
public struct KeptContext: Sendable, Hashable {
    /// How it came here (§5.13.1).
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Somebody put it here.
        case hosted = "Hosted"
        /// It was fetched from elsewhere.
        case cached = "Cached"
        /// It stood in a subscription or another request, and has got a URL.
        case implicitlyCreated = "ImplicitlyCreated"
    }

    /// How it came here.
    public let kind: Kind
    /// By what it is known here; the URL of one that was fetched.
    public let localId: String
    /// Where it is found.
    public let url: String
    /// When it came here, in microseconds since 1970.
    public let createdAt: Int64
    /// The document: an object with a member `@context`.
    public let document: JSONValue

    /// A context.
    public init(_ kind: Kind, localId: String, url: String, createdAt: Int64, document: JSONValue) {
        self.kind = kind
        self.localId = localId
        self.url = url
        self.createdAt = createdAt
        self.document = document
    }

    /// What stands under its member `@context`.
    public var content: JSONValue? {
        if case .object(let object) = document { object["@context"] } else { nil }
    }

    /// All of it as a document of the store. ``init(stored:)`` reads it back.
    public var stored: JSONValue {
        var object = JSONObject()
        object["kind"] = .string(kind.rawValue)
        object["localId"] = .string(localId)
        object["url"] = .string(url)
        object["createdAt"] = .number(JSONNumber(createdAt))
        object["document"] = document
        return .object(object)
    }

    /// Reads what ``stored`` wrote; nil when it is something else.
    public init?(stored value: JSONValue) {
        guard case .object(let object) = value, let kind = object.text("kind").flatMap(Kind.init(rawValue:)),
            let localId = object.text("localId"), let url = object.text("url"),
            let createdAt = object.instant("createdAt"), let document = object["document"]
        else { return nil }
        self.init(kind, localId: localId, url: url, createdAt: createdAt, document: document)
    }
}
