import CityIdentity
import CityModel
import CityPath
import Hummingbird
import WebConsole

/// The pages of devices, and the forms that change their status.
struct DevicePages: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.page("/devices") { visit in try await shared.pool.run { try list(visit) } }
        endpoints.page("/devices/{id}") { visit in try await shared.pool.run { try one(visit) } }
        for action in DeviceAction.allCases {
            endpoints.form("/devices/{id}/\(action.rawValue)") { visit, fields in
                try await change(visit, fields, action)
            }
        }
    }

    private func list(_ visit: Visit) throws -> ConsolePage {
        _ = try visit.permit(.readOperations)
        let parameters = visit.parameters
        let status = try parameters.word("status", as: ConsoleDeviceStatus.self)
        let isConnected = try parameters.connection()
        let text = parameters["q"] ?? ""
        let wanted = text.lowercased()
        let found = shared.city.views.registry.all().filter { device in
            (status == nil || device.status.rawValue == status?.rawValue) && (wanted.isEmpty || device.contains(wanted))
                && (isConnected == nil || (shared.devices.presence(device.id) != nil) == isConnected)
        }
        let paging = Paging(
            requested: parameters["page"].flatMap { Int($0) }, size: CityPages.pageSize, total: found.count)
        visit.note(.readOperations, of: "devices", dataClass: .internal)
        return .devices(
            DevicesPage(
                frame: shared.frame(for: visit.caller),
                filter: DeviceFilter(status: status, isConnected: isConnected, text: text),
                rows: found.dropFirst(paging.offset).prefix(CityPages.pageSize).map {
                    shared.row(of: shared.sight(of: $0))
                }, paging: paging))
    }

    private func one(_ visit: Visit) throws -> ConsolePage {
        let permit = try visit.permit(.readOperations)
        let device = try shared.device(try visit.parameter("id"))
        let sight = shared.sight(of: device)
        let daysLeft = device.certificateNotAfter.since(visit.now).components.seconds / 86_400
        let confirming = visit.parameters.text("confirm").flatMap { DeviceAction(rawValue: $0) }
        let refusals = shared.city.views.refusals.newest(20) { $0.principal == "device/\(device.id)" }
        visit.note(.readOperations, of: "device/\(device.id)", dataClass: .internal)
        return .device(
            DevicePage(
                frame: shared.frame(for: visit.caller), device: shared.row(of: sight),
                certificate: DeviceCertificate(
                    serialNumber: device.certificateSerial, notAfter: ConsoleTime(device.certificateNotAfter),
                    daysLeft: device.certificateNotAfter < visit.now ? -1 : Int(daysLeft), spiffeID: sight.spiffeID),
                enrolledAt: ConsoleTime(device.enrolledAt), statusReason: device.statusReason,
                statusChangedAt: ConsoleTime(device.statusChangedAt),
                entities: device.entities.map { shared.link(to: $0, upTo: permit.highestClass) },
                refusals: refusals.map(\.row), mayChange: visit.may(.manageDevices), confirming: confirming))
    }

    private func change(
        _ visit: Visit, _ fields: RequestParameters, _ action: DeviceAction
    ) async throws -> Response {
        _ = try visit.permit(.manageDevices)
        let device = try shared.device(try visit.parameter("id"))
        guard let reason = fields.text("reason") else { throw Refusal.malformed("a reason is needed, for the record") }
        guard action != .revoke || fields["understood"] == "yes" else {
            throw Refusal.malformed("revoking cannot be undone: confirm that you understand")
        }
        let changed = await shared.city.setStatus(
            action.status, of: device.id, reason: reason, by: visit.caller.principal)
        switch changed {
        case .success:
            shared.notices.leave(.done("Device \(device.id) is \(action.status.rawValue) now."), for: visit.caller)
        case .failure(let refusal):
            shared.city.path.record(refusal, by: visit.caller.principal, from: visit.peer.address)
            shared.notices.leave(.problem(refusal.message), for: visit.caller)
        }
        return .seeOther("/devices/\(PercentCoding.encode(device.id.text))")
    }
}

extension DeviceAction {
    /// The status it leads to.
    fileprivate var status: DeviceStatus {
        switch self {
        case .suspend: .suspended
        case .resume: .active
        case .revoke: .revoked
        }
    }
}

extension RequestParameters {
    /// The parameter `connection` of lists: whether only those that are connected are asked for, or only the others.
    func connection() throws -> Bool? {
        switch text("connection") {
        case nil: return nil
        case "connected": return true
        case "disconnected": return false
        case let other?:
            throw Problem(
                .badRequest, "`connection` must be `connected` or `disconnected`, it is `\(other.prefix(50))`")
        }
    }
}
