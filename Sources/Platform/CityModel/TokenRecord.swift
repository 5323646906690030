/// Whom a token stands for.
public struct TokenOwner: Sendable, Hashable, Codable {
    /// What kind of principal.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// A person with an account; the role is the account's.
        case person
        /// A service outside of the city's own program, such as a flow engine or an agency's gateway.
        case service
    }

    /// What kind of principal.
    public let kind: Kind
    /// The account's name, or the service's.
    public let name: String

    /// An owner.
    public init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// The name under which records keep the principal: that of ``Principal/name``.
    public var principalName: String {
        switch kind {
        case .person: "person/\(name)"
        case .service: "namedService/\(name)"
        }
    }
}

/// What is known of a token, but for its secret. Tokens stand in for a certificate where a client cannot hold one.
public struct TokenRecord: Sendable, Hashable, Codable {
    /// Its public id: twelve hexadecimal digits. May be shown, logged and recorded.
    public let id: String
    /// Whom it stands for.
    public let owner: TokenOwner
    /// What it is for, in the words of whoever made it; may be empty.
    public let note: String
    /// The principal that made it.
    public let createdBy: String
    /// When.
    public let createdAt: Timestamp
    /// From then on it is good for nothing.
    public let expiresAt: Timestamp

    /// A record.
    public init(
        id: String, owner: TokenOwner, note: String, createdBy: String, createdAt: Timestamp, expiresAt: Timestamp
    ) {
        self.id = id
        self.owner = owner
        self.note = note
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// That a token was issued or revoked. Never holds its secret or the hash of it.
public struct TokenChangeRecord: Sendable, Hashable, Codable {
    /// What happened.
    public enum Change: String, Sendable, Hashable, Codable, CaseIterable {
        case issued, revoked
        /// The change recorded before could not be kept.
        case undone
    }

    /// The token.
    public let token: TokenRecord
    /// What happened to it.
    public let change: Change
    /// The principal that asked for it.
    public let by: String
    /// When.
    public let at: Timestamp

    /// A record.
    public init(token: TokenRecord, change: Change, by: String, at: Timestamp) {
        self.token = token
        self.change = change
        self.by = by
        self.at = at
    }
}
