/// The kinds of changes that a subscription may ask to be told of (CIM 009 §5.2.12).
public enum NotificationTrigger: String, Sendable, Hashable, CaseIterable {
    /// An entity was created.
    case entityCreated
    /// An attribute of it was created, updated or deleted.
    case entityUpdated
    /// An entity was deleted.
    case entityDeleted
    /// An attribute, or an instance of one, came into being: also with its entity.
    case attributeCreated
    /// An attribute has another value, or another member.
    case attributeUpdated
    /// An attribute, or an instance of one, is gone: also with its entity.
    case attributeDeleted

    /// What counts where a subscription names none.
    public static let defaults: Set<NotificationTrigger> = [.attributeCreated, .attributeUpdated]

    /// What the trigger stands for: itself, but for ``entityUpdated``.
    var parts: [NotificationTrigger] {
        self == .entityUpdated ? [.attributeCreated, .attributeUpdated, .attributeDeleted] : [self]
    }
}
