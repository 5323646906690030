/// Whether a device may act.
public enum DeviceStatus: String, Sendable, Hashable, Codable, CaseIterable {
    /// It may.
    case active
    /// Not for now; an operator can resume it.
    case suspended
    /// Never again under this identity.
    case revoked
}

/// A point on the earth, WGS 84.
public struct GeoPoint: Sendable, Hashable, Codable {
    /// Degrees east, -180 to 180.
    public let longitude: Double
    /// Degrees north, -90 to 90.
    public let latitude: Double

    /// A point.
    public init(longitude: Double, latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }
}

/// A device as the registry holds it. A new record for the same id replaces the one before.
public struct DeviceRecord: Sendable, Hashable, Codable {
    /// Its name.
    public let id: DeviceID
    /// Who owns it.
    public let agency: AgencyID
    /// Where it may act.
    public let zone: ZoneID
    /// How its small JSON is read: a device type of the catalogue.
    public let deviceType: String
    /// What people call it.
    public let displayName: String?
    /// Where it stands.
    public let location: GeoPoint?
    /// The entities it may write, the first being the one its small JSON is about.
    public let entities: [EntityID]
    /// The serial number of its certificate, lower-case hexadecimal.
    public let certificateSerial: String
    /// When its certificate ends.
    public let certificateNotAfter: Timestamp
    /// Whether it may act.
    public var status: DeviceStatus
    /// When it was enrolled.
    public let enrolledAt: Timestamp
    /// When the status was last changed, and why.
    public var statusChangedAt: Timestamp
    /// Why the status was last changed, in the operator's words.
    public var statusReason: String?

    /// A record.
    public init(
        id: DeviceID, agency: AgencyID, zone: ZoneID, deviceType: String, displayName: String?, location: GeoPoint?,
        entities: [EntityID], certificateSerial: String, certificateNotAfter: Timestamp, status: DeviceStatus,
        enrolledAt: Timestamp, statusChangedAt: Timestamp, statusReason: String? = nil
    ) {
        self.id = id
        self.agency = agency
        self.zone = zone
        self.deviceType = deviceType
        self.displayName = displayName
        self.location = location
        self.entities = entities
        self.certificateSerial = certificateSerial
        self.certificateNotAfter = certificateNotAfter
        self.status = status
        self.enrolledAt = enrolledAt
        self.statusChangedAt = statusChangedAt
        self.statusReason = statusReason
    }
}

/// How urgent an alert is.
public enum AlertSeverity: String, Sendable, Hashable, Codable, CaseIterable {
    /// Worth knowing.
    case notice
    /// Worth looking at soon.
    case warning
    /// Worth looking at now.
    case critical
}

/// A detector's finding, for a person to see.
public struct AlertRecord: Sendable, Hashable, Codable {
    /// Its number, from 1.
    public let id: UInt64
    /// The entity it is about, where it is about one.
    public let entity: EntityID?
    /// The attribute it is about, where it is about one.
    public let attribute: String?
    /// The device concerned, where one is.
    public let device: DeviceID?
    /// What was found, as a word: `spike`, `levelShift`, `identityInTwoPlaces`, `outsideZone`.
    public let kind: String
    /// How urgent it is.
    public let severity: AlertSeverity
    /// What was found, as a sentence.
    public let text: String
    /// When it was so in the city.
    public let observedAt: Timestamp
    /// When it was found.
    public let raisedAt: Timestamp
    /// Who has acknowledged it.
    public var acknowledgedBy: String?
    /// When it was acknowledged.
    public var acknowledgedAt: Timestamp?
    /// What they noted.
    public var note: String?

    /// An alert.
    public init(
        id: UInt64, entity: EntityID?, attribute: String?, device: DeviceID?, kind: String, severity: AlertSeverity,
        text: String, observedAt: Timestamp, raisedAt: Timestamp
    ) {
        self.id = id
        self.entity = entity
        self.attribute = attribute
        self.device = device
        self.kind = kind
        self.severity = severity
        self.text = text
        self.observedAt = observedAt
        self.raisedAt = raisedAt
    }
}

/// That somebody has acknowledged an alert.
public struct Acknowledgement: Sendable, Hashable, Codable {
    /// The alert's number.
    public let alert: UInt64
    /// Who.
    public let by: String
    /// When.
    public let at: Timestamp
    /// What they noted.
    public let note: String?

    /// An acknowledgement.
    public init(alert: UInt64, by: String, at: Timestamp, note: String?) {
        self.alert = alert
        self.by = by
        self.at = at
        self.note = note
    }
}

/// That somebody has read something: one record for all like reads of a short while.
public struct AccessRecord: Sendable, Hashable, Codable {
    /// Who read.
    public let principal: String
    /// What they did: the operation's name.
    public let action: String
    /// What they read: an entity's id, or the name of a collection.
    public let resource: String
    /// The highest class among what they were given.
    public let dataClass: DataClass
    /// Why, where they said so.
    public let purpose: String?
    /// When the first of these happened.
    public let at: Timestamp
    /// How many alike this record stands for.
    public let count: Int

    /// A record of reads.
    public init(
        principal: String, action: String, resource: String, dataClass: DataClass, purpose: String?, at: Timestamp,
        count: Int
    ) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.dataClass = dataClass
        self.purpose = purpose
        self.at = at
        self.count = count
    }
}

/// A message kept for those who subscribe later (MQTT 5.0 §3.3.1.3); an empty payload removes it.
public struct RetainedMessage: Sendable, Hashable, Codable {
    /// The topic name.
    public let topic: String
    /// The payload.
    public let payload: [UInt8]
    /// The quality of service it was published with.
    public let qos: UInt8

    /// A retained message.
    public init(topic: String, payload: [UInt8], qos: UInt8) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
    }
}

/// That an account was created or changed. Never holds a password or its hash.
public struct AccountRecord: Sendable, Hashable, Codable {
    /// The name it signs in with.
    public let name: String
    /// What the person is in the city.
    public let role: PersonRole
    /// What happened: `created`, `passwordChanged`, `certificateIssued`, `removed`; or `undone`: the change recorded
    /// before could not be kept.
    public let change: String
    /// When.
    public let at: Timestamp

    /// A record.
    public init(name: String, role: PersonRole, change: String, at: Timestamp) {
        self.name = name
        self.role = role
        self.change = change
        self.at = at
    }
}

/// What the journal keeps besides observations. Encoded as JSON, which is also the text of its leaf in the ledger.
public enum CityEvent: Sendable, Hashable, Codable {
    /// What a series means, from here on.
    case attributeDefined(AttributeDefinition)
    /// A device was enrolled, or its record changed.
    case device(DeviceRecord)
    /// A detector found something.
    case alertRaised(AlertRecord)
    /// Somebody acknowledged an alert.
    case alertAcknowledged(Acknowledgement)
    /// A submission was refused.
    case refusal(RefusalRecord)
    /// Something was read.
    case access(AccessRecord)
    /// A message is kept for later subscribers.
    case retained(RetainedMessage)
    /// An account was created or changed.
    case account(AccountRecord)
    /// A token was issued or revoked.
    case token(TokenChangeRecord)
    /// What the context broker keeps has changed.
    case context(ContextRecord)
}
