/// How urgent an alert is.
public enum ConsoleSeverity: String, Sendable, Hashable, CaseIterable {
    /// Worth knowing.
    case notice
    /// Worth looking at soon.
    case warning
    /// Worth looking at now.
    case critical

    var view: View { StateWords.view(rawValue) }
}

/// That somebody has acknowledged an alert.
public struct ConsoleAcknowledgement: Sendable, Hashable {
    /// Who.
    public var by: String
    /// When.
    public var at: ConsoleTime
    /// What they noted.
    public var note: String?

    /// An acknowledgement.
    public init(by: String, at: ConsoleTime, note: String? = nil) {
        self.by = by
        self.at = at
        self.note = note
    }

    var view: View { ["by": .text(by), "at": .object(at.view), "note": .text(note)] }
}

/// An entity's id and what people call it, for a link to it.
public struct EntityLink: Sendable, Hashable {
    /// Its id, a URI.
    public var id: String
    /// What people call it.
    public var name: String

    /// A link.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }

    var view: View {
        ["id": .text(id), "name": .text(name.isEmpty ? id : name), "path": .text(ConsoleLink.entity(id))]
    }
}

/// A detector's finding in a list.
public struct AlertRow: Sendable, Hashable {
    /// Its number.
    public var id: UInt64
    /// How urgent it is.
    public var severity: ConsoleSeverity
    /// What was found, in a few words.
    public var title: String
    /// What was found, as a sentence.
    public var text: String
    /// The entity it is about.
    public var entity: EntityLink?
    /// The device it is about.
    public var device: String?
    /// When it was so in the city.
    public var observedAt: ConsoleTime
    /// Who has acknowledged it; nil while it is open.
    public var acknowledgement: ConsoleAcknowledgement?

    /// A row.
    public init(
        id: UInt64, severity: ConsoleSeverity, title: String, text: String, entity: EntityLink? = nil,
        device: String? = nil, observedAt: ConsoleTime, acknowledgement: ConsoleAcknowledgement? = nil
    ) {
        self.id = id
        self.severity = severity
        self.title = title
        self.text = text
        self.entity = entity
        self.device = device
        self.observedAt = observedAt
        self.acknowledgement = acknowledgement
    }

    /// What the partial `alert` sees; the form is there for open alerts and those who may acknowledge them.
    func view(csrf: String, mayAcknowledge: Bool) -> View {
        let form: View = ["action": .text(ConsoleLink.acknowledge(id)), "csrf": .text(csrf)]
        return [
            "id": .text("\(id)"),
            "severity": .object(severity.view),
            "title": .text(title),
            "text": .text(text),
            "entity": .object(entity?.view),
            "device": .object(device.map { ["id": .text($0), "path": .text(ConsoleLink.device($0))] }),
            "observedAt": .object(observedAt.view),
            "acknowledgement": .object(acknowledgement?.view),
            "form": .object(mayAcknowledge && acknowledgement == nil ? form : nil),
        ]
    }
}
