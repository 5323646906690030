/// How an entity is doing. Never shown by colour alone: each state has its own shape and word.
public enum EntityState: String, Sendable, Hashable, CaseIterable {
    /// It reports, and nothing about it is unusual.
    case normal
    /// An open alert is about it.
    case alert
    /// It has not reported for longer than it should.
    case offline

    var view: View { StateWords.view(rawValue) }
}

/// An entity in a list.
public struct EntityRow: Sendable, Hashable {
    /// Its id, a URI.
    public var id: String
    /// Its type, as the data model has it.
    public var type: String
    /// What people call it.
    public var name: String
    /// How it is doing.
    public var state: EntityState
    /// Its most telling observations in a few words: `21.4 °C · 48 %`.
    public var summary: String
    /// When it last reported; nil when it never did.
    public var observedAt: ConsoleTime?

    /// A row.
    public init(
        id: String, type: String, name: String, state: EntityState, summary: String, observedAt: ConsoleTime?
    ) {
        self.id = id
        self.type = type
        self.name = name
        self.state = state
        self.summary = summary
        self.observedAt = observedAt
    }

    var view: View {
        [
            "id": .text(id),
            "path": .text(ConsoleLink.entity(id)),
            "type": .text(type.spacedWords),
            "name": .text(name.isEmpty ? id : name),
            "state": .object(state.view),
            "summary": .text(summary),
            "observedAt": .object(observedAt?.view),
        ]
    }
}

/// The words and marks of states: which word, which CSS class, which shape in `icons.mustache`.
enum StateWords {
    static func view(_ name: String, words: String? = nil) -> View {
        ["key": .text(name), "words": .text(words ?? name.spacedWords), "icon": .text(icons[name] ?? "dot")]
    }

    private static let icons = [
        "normal": "check", "alert": "alert", "offline": "offline",
        "active": "check", "suspended": "pause", "revoked": "revoked",
        "connected": "link", "disconnected": "unlink",
        "notice": "info", "warning": "alert", "critical": "critical",
    ]
}
