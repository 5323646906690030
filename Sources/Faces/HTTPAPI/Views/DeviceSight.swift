import CityContext
import CityIdentity
import CityModel
import CityPath
import JSONBytes
import PKI

/// A device as people and programs see it: its record, and what is known of it now.
struct DeviceSight: Sendable {
    let record: DeviceRecord
    let spiffeID: String
    let presence: ConnectedDevices.Presence?
    /// When it last sent anything or was last connected.
    let lastSeenAt: Timestamp?

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", record.id.text)
            $0.member("agency", record.agency.text)
            $0.member("zone", record.zone.text)
            $0.member("deviceType", record.deviceType)
            $0.member("displayName", ifPresent: record.displayName)
            if let place = record.location {
                $0.key("location")
                $0.object {
                    $0.member("longitude", place.longitude)
                    $0.member("latitude", place.latitude)
                }
            }
            $0.member("entities", record.entities.map(\.text))
            $0.member("status", record.status.rawValue)
            $0.member("statusReason", ifPresent: record.statusReason)
            $0.member("statusChangedAt", record.statusChangedAt)
            $0.member("enrolledAt", record.enrolledAt)
            $0.member("certificateSerial", record.certificateSerial)
            $0.member("certificateNotAfter", record.certificateNotAfter)
            $0.member("spiffeId", spiffeID)
            $0.member("connected", presence != nil)
            $0.member("connectedFrom", ifPresent: presence?.address)
            $0.member("lastSeenAt", ifPresent: lastSeenAt)
        }
    }
}

extension HTTPShared {
    /// The record of a device.
    ///
    /// - Throws: ``Refusal/Code/deviceUnknown``.
    func device(_ id: String) throws(Refusal) -> DeviceRecord {
        guard let device = city.views.registry.device(DeviceID(id)) else {
            throw Refusal(
                step: .understand, code: .deviceUnknown, message: "no device `\(id.prefix(100))` is registered")
        }
        return device
    }

    func sight(of record: DeviceRecord) -> DeviceSight {
        let spiffeID = try? SPIFFEID.device(record.id.text, agency: record.agency.text, trustDomain: settings.domain)
        let presence = devices.presence(record.id)
        // What the registry itself says of an entity bears the time of enrolment.
        let observed = record.entities.lazy.compactMap { self.city.views.twin.entity($0) }.flatMap(\.attributes)
            .map(\.current.observedAt).filter { $0 > record.enrolledAt }.max()
        let seen = [observed, presence?.since, devices.lastSeen(record.id)].compactMap(\.self).max()
        return DeviceSight(
            record: record, spiffeID: spiffeID?.description ?? "", presence: presence, lastSeenAt: seen)
    }
}
