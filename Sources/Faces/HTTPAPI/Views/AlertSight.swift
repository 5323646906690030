import CityModel
import CityPath
import CityStorage
import JSONBytes

/// An alert as one reader may see it: its sentence holds a value, which may be above their class.
struct AlertSight: Sendable {
    let record: AlertRecord
    let title: String
    let text: String
    /// The class of what is told here.
    let dataClass: DataClass

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", record.id)
            $0.member("entityId", ifPresent: record.entity?.text)
            $0.member("attribute", ifPresent: record.attribute)
            $0.member("deviceId", ifPresent: record.device?.text)
            $0.member("kind", record.kind)
            $0.member("severity", record.severity.rawValue)
            $0.member("title", title)
            $0.member("text", text)
            $0.member("observedAt", record.observedAt)
            $0.member("raisedAt", record.raisedAt)
            $0.member("status", record.acknowledgedAt == nil ? "open" : "acknowledged")
            $0.member("acknowledgedBy", ifPresent: record.acknowledgedBy)
            $0.member("acknowledgedAt", ifPresent: record.acknowledgedAt)
            $0.member("note", ifPresent: record.note)
        }
    }
}

extension HTTPShared {
    func sight(of alert: AlertRecord, upTo highest: DataClass) -> AlertSight {
        var (text, told) = (alert.text, DataClass.internal)
        if let entity = alert.entity, let attribute = alert.attribute,
            let series = city.views.series.number(of: attribute, of: entity),
            let dataClass = city.views.series.definition(of: series)?.label.dataClass
        {
            if dataClass > highest {
                text = "withheld: `\(attribute)` is \(dataClass.rawValue); state a purpose to read it"
            } else {
                told = max(told, dataClass)
            }
        }
        return AlertSight(record: alert, title: vocabulary.title(of: alert), text: text, dataClass: told)
    }

    /// The class of the most sensitive among what these alerts tell a reader.
    func highestClass(of alerts: some Sequence<AlertRecord>, upTo highest: DataClass) -> DataClass {
        alerts.reduce(.internal) { max($0, sight(of: $1, upTo: highest).dataClass) }
    }
}
