import CityIdentity
import CityModel

/// A token as the API tells of it, without its secret but for the once that it is made.
struct TokenView: Codable, Sendable {
    var id: String
    var person: String?
    var service: String?
    var note: String
    var createdBy: String
    var createdAt: String
    var expiresAt: String
    /// Only in the answer that made it.
    var token: String?

    init(_ record: TokenRecord, token: String? = nil) {
        id = record.id
        switch record.owner.kind {
        case .person: person = record.owner.name
        case .service: service = record.owner.name
        }
        note = record.note
        createdBy = record.createdBy
        createdAt = record.createdAt.text
        expiresAt = record.expiresAt.text
        self.token = token
    }

    var owner: String { person ?? service ?? "" }
    var kind: String { person == nil ? "service" : "person" }
}

/// All tokens.
struct TokenPage: Codable, Sendable {
    var items: [TokenView]
}

/// `POST /api/v1/tokens`.
struct TokenBody: Encodable {
    var person: String?
    var service: String?
    var note: String
    var validityDays: Int

    init(_ owner: TokenOwner, note: String, validityDays: Int) {
        switch owner.kind {
        case .person: person = owner.name
        case .service: service = owner.name
        }
        self.note = note
        self.validityDays = validityDays
    }
}
