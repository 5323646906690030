import CityContext
import CityModel
import CityPath
import CityStorage
import WebConsole

/// From what the city knows to the rows that pages show.
extension HTTPShared {
    func row(of alert: AlertRecord, upTo highest: DataClass) -> AlertRow {
        let sight = sight(of: alert, upTo: highest)
        let acknowledgement = alert.acknowledgedAt.map { at in
            ConsoleAcknowledgement(by: alert.acknowledgedBy ?? "?", at: ConsoleTime(at), note: alert.note)
        }
        return AlertRow(
            id: alert.id, severity: alert.severity.console, title: sight.title, text: sight.text,
            entity: alert.entity.map { link(to: $0, upTo: highest) }, device: alert.device?.text,
            observedAt: ConsoleTime(alert.observedAt), acknowledgement: acknowledgement)
    }

    func link(to id: EntityID, upTo highest: DataClass) -> EntityLink {
        let name = city.views.twin.entity(id).map { VisibleEntity($0, upTo: highest).name }
        return EntityLink(id: id.text, name: name ?? id.text)
    }

    func row(of entity: VisibleEntity, _ conditions: Conditions) -> EntityRow {
        EntityRow(
            id: entity.id.text, type: entity.type, name: entity.name, state: conditions.state(of: entity),
            summary: vocabulary.summary(of: entity), observedAt: entity.observedAt.map { ConsoleTime($0) })
    }

    func row(of device: DeviceSight) -> DeviceRow {
        DeviceRow(
            id: device.record.id.text, name: device.record.displayName, type: device.record.deviceType,
            status: device.record.status.console, isConnected: device.presence != nil,
            agency: device.record.agency.text, zone: device.record.zone.text,
            lastSeen: device.lastSeenAt.map { ConsoleTime($0) })
    }

    var counts: CityCounts {
        CityCounts(
            devicesConnected: devices.count(), readingsPerSecond: rate.perSecond,
            openAlerts: city.views.alerts.openCount,
            refusalsLastHour: city.views.refusals.count(since: city.clock.now - .seconds(3_600)),
            ledgerSize: city.ledger.size)
    }
}

extension RefusalRecord {
    var row: RefusalRow {
        RefusalRow(
            principal: principal, source: source, step: step.console, code: code.rawValue, message: message,
            count: count,
            last: ConsoleTime(at))
    }
}

extension VisibleEntity.Attribute {
    /// From which score on a detector calls a value unusual: half, by the scale of its scores.
    private static let unusual = 0.5

    /// The newest observation; its value withheld where it is above the reader's class.
    func row(upTo highest: DataClass) -> ObservationRow {
        let isWithheld = definition.label.dataClass > highest
        var anomaly: AnomalyScore?
        if !isWithheld, case .number = current.value {
            anomaly = AnomalyScore(score: Double(current.score), threshold: Self.unusual)
        }
        return ObservationRow(
            attribute: definition.attribute, value: isWithheld ? .withheld : current.value.console,
            unitCode: definition.unitCode, observedAt: ConsoleTime(current.observedAt),
            dataClass: definition.label.dataClass.console, anomaly: anomaly)
    }
}

extension AttributeValue {
    fileprivate var console: ObservedValue {
        switch self {
        case .number(let number): .number(number)
        case .boolean(let flag): .boolean(flag)
        case .text(let text): .text(text)
        case .structured(let json), .geometry(let json): .structured(json: json)
        case .relationship(let target): .relationship(entity: target)
        }
    }
}

extension DataClass {
    fileprivate var console: ConsoleDataClass {
        switch self {
        case .public: .public
        case .internal: .internal
        case .restricted: .restricted
        case .personal: .personal
        case .sensitive: .sensitive
        }
    }
}

extension AlertSeverity {
    fileprivate var console: ConsoleSeverity {
        switch self {
        case .notice: .notice
        case .warning: .warning
        case .critical: .critical
        }
    }
}

extension DeviceStatus {
    fileprivate var console: ConsoleDeviceStatus {
        switch self {
        case .active: .active
        case .suspended: .suspended
        case .revoked: .revoked
        }
    }
}

extension PathStep {
    fileprivate var console: ConsoleStep {
        switch self {
        case .identify: .identify
        case .authorise: .authorise
        case .understand: .understand
        case .classify: .classify
        case .commit: .commit
        case .publish: .publish
        }
    }
}
