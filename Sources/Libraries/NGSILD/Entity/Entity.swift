/// An entity: nothing of it is checked or looked up any more.
///
/// Names are canonical (``JSONLDContext``). Times are in microseconds since 1970.
public struct Entity: Sendable, Hashable {
    /// A URI.
    public var id: String
    /// Canonical names, one or more.
    public var types: [String]
    /// Instances of one name side by side, in the order they shall be written.
    public var attributes: [Attribute]
    /// Written if there are any (CIM 009 §4.18).
    public var scopes: [String]
    /// When the entity was entered; written with system attributes.
    public var createdAt: Int64?
    /// When the entity was last changed; written with system attributes.
    public var modifiedAt: Int64?
    /// When the entity was deleted; in notifications and in temporal evolutions.
    public var deletedAt: Int64?
    /// When the entity is to be forgotten (§4.22).
    public var expiresAt: Int64?

    /// An entity.
    ///
    /// - Parameters:
    ///   - id: A URI.
    ///   - types: Canonical names, one or more.
    ///   - attributes: Instances of one name side by side.
    ///   - scopes: May be empty.
    ///   - createdAt: In microseconds since 1970.
    ///   - modifiedAt: In microseconds since 1970.
    public init(
        id: String, types: [String], attributes: [Attribute], scopes: [String] = [], createdAt: Int64? = nil,
        modifiedAt: Int64? = nil
    ) {
        self.id = id
        self.types = types
        self.attributes = attributes
        self.scopes = scopes
        self.createdAt = createdAt
        self.modifiedAt = modifiedAt
    }
}
