/// Why what was presented as a token opens nothing: for the record, never for whoever presented it. Holds no secret.
public enum TokenFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// It does not have the form of a token.
    case noToken
    /// There is no token of this id: it was revoked, or never issued.
    case unknown(id: String)
    /// The id is known, the secret is not its.
    case wrongSecret(id: String)
    /// The token is somebody else's than the user name says.
    case notOfUser(id: String)
    /// Its time is over.
    case expired(id: String)

    /// What was wrong.
    public var description: String {
        switch self {
        case .noToken: "what was presented as a password is not a token"
        case .unknown(let id): "there is no token `\(id)`: it was revoked, or never issued"
        case .wrongSecret(let id): "the secret presented for token `\(id)` is wrong"
        case .notOfUser(let id): "token `\(id)` is not that of the user name it was presented with"
        case .expired(let id): "token `\(id)` has expired: `bastide token add` makes another"
        }
    }
}

/// Why a token cannot be issued as asked.
public enum TokenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name has characters that names cannot have.
    case nameUnfit(String)
    /// The note is longer than ``Tokens/longestNote``.
    case noteTooLong
    /// There are ``Tokens/bound`` tokens already.
    case tooMany

    /// What was expected.
    public var description: String {
        switch self {
        case .nameUnfit(let name):
            "`\(name.prefix(100))` cannot be a name: use 1 to 64 letters, digits, `.`, `_` or `-`, the first a letter or "
                + "digit"
        case .noteTooLong: "the note is too long: use at most \(Tokens.longestNote) characters"
        case .tooMany:
            "there are \(Tokens.bound) tokens, and no more may be: revoke those that have expired with `bastide token "
                + "revoke`"
        }
    }
}
