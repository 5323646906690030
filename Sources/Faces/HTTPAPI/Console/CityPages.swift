import CityContext
import CityIdentity
import CityModel
import CityPath
import CityStorage
import Hummingbird
import TransparencyLog
import WebConsole

/// The pages that show what the city knows: overview, entities, alerts, refusals, ledger.
struct CityPages: Sendable {
    static let pageSize = 50
    private static let feedLength = 10

    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.page("/") { visit in try await shared.pool.run { try overview(visit) } }
        endpoints.page("/entities") { visit in try await shared.pool.run { try entities(visit) } }
        endpoints.page("/entities/{id}") { visit in try await shared.pool.run { try entity(visit) } }
        endpoints.page("/alerts") { visit in try await shared.pool.run { try alerts(visit) } }
        endpoints.page("/refusals") { visit in try await shared.pool.run { try refusals(visit) } }
        endpoints.page("/ledger") { visit in try await shared.pool.run { try ledger(visit) } }
        endpoints.form("/alerts/{id}/acknowledge", acknowledge)
    }

    // MARK: Overview

    private func overview(_ visit: Visit) throws -> ConsolePage {
        let permit = try visit.permit(.readEntities)
        _ = try visit.permit(.readOperations)
        let conditions = shared.conditions
        let all = shared.city.views.twin.index().map { entry in
            VisibleEntity(shared.city.views.twin.entity(at: entry.place), upTo: permit.highestClass)
        }
        let first = all.lazy.filter { conditions.state(of: $0) == .alert }.prefix(CityPages.pageSize)
        let others = all.lazy.filter { conditions.state(of: $0) != .alert }.prefix(CityPages.pageSize - first.count)
        let shown = Array(first) + Array(others)
        let alerts = shared.city.views.alerts.newest(CityPages.feedLength)
        visit.note(
            .readOperations, of: "overview",
            dataClass: max(shared.highestClass(of: alerts, upTo: permit.highestClass), shown.highestClass))
        return .overview(
            OverviewPage(
                frame: shared.frame(for: visit.caller), counts: shared.counts,
                alerts: alerts.map { shared.row(of: $0, upTo: permit.highestClass) },
                refusals: shared.city.views.refusals.newest(CityPages.feedLength).map(\.row),
                entities: shown.map { shared.row(of: $0, conditions) }, tiles: shared.settings.tiles))
    }

    // MARK: Entities

    private func entities(_ visit: Visit) throws -> ConsolePage {
        let permit = try visit.permit(.readEntities)
        let parameters = visit.parameters
        let (type, text) = (parameters.text("type"), parameters["q"] ?? "")
        let wanted = text.lowercased()
        let conditions = shared.conditions
        var found: [VisibleEntity] = []
        for entry in shared.city.views.twin.index() where type == nil || entry.type == type {
            let entity = VisibleEntity(shared.city.views.twin.entity(at: entry.place), upTo: permit.highestClass)
            let isWanted =
                wanted.isEmpty || entity.id.text.lowercased().contains(wanted)
                || entity.name.lowercased().contains(wanted)
            if isWanted { found.append(entity) }
        }
        let paging = Paging(
            requested: parameters["page"].flatMap { Int($0) }, size: CityPages.pageSize, total: found.count)
        let shown = Array(found.dropFirst(paging.offset).prefix(CityPages.pageSize))
        visit.note(.readEntities, of: "entities", dataClass: shown.highestClass)
        return .entities(
            EntitiesPage(
                frame: shared.frame(for: visit.caller), filter: EntityFilter(type: type, text: text),
                types: shared.city.views.twin.types().map(\.type),
                rows: shown.map { shared.row(of: $0, conditions) }, paging: paging))
    }

    private func entity(_ visit: Visit) throws -> ConsolePage {
        let permit = try visit.permit(.readEntities)
        let id = EntityID(try visit.parameter("id"))
        guard let state = shared.city.views.twin.entity(id) else {
            throw Problem(.notFound, "there is no entity `\(id.text.prefix(200))`")
        }
        let entity = VisibleEntity(state, upTo: permit.highestClass)
        let owner = state.attributes.first?.definition
        let alerts = visit.may(.readOperations) ? shared.city.views.alerts.newest(20) { $0.entity == id } : []
        let told = alerts.isEmpty ? .public : shared.highestClass(of: alerts, upTo: permit.highestClass)
        visit.note(.readEntities, of: id.text, dataClass: max(entity.highestClass, told))
        return .entity(
            EntityPage(
                frame: shared.frame(for: visit.caller), id: id.text, type: entity.type, name: entity.name,
                state: shared.conditions.state(of: entity),
                location: shared.place(of: entity).map {
                    ConsolePoint(latitude: $0.latitude, longitude: $0.longitude)
                },
                device: shared.city.views.registry.owner(of: id)?.text, agency: owner?.agency.text,
                zone: owner?.zone.text, observations: state.attributes.map { $0.row(upTo: permit.highestClass) },
                alerts: alerts.map { shared.row(of: $0, upTo: permit.highestClass) },
                mayAcknowledge: visit.may(.acknowledgeAlerts)))
    }

    // MARK: Alerts

    private func alerts(_ visit: Visit) throws -> ConsolePage {
        let permit = try visit.permit(.readOperations)
        let parameters = visit.parameters
        let filter = try parameters.word("status", as: AlertFilter.self) ?? .open
        let all = shared.city.views.alerts.newest(.max)
        let found = all.filter { alert in
            switch filter {
            case .open: alert.acknowledgedAt == nil
            case .acknowledged: alert.acknowledgedAt != nil
            case .all: true
            }
        }
        let paging = Paging(
            requested: parameters["page"].flatMap { Int($0) }, size: CityPages.pageSize, total: found.count)
        let shown = found.dropFirst(paging.offset).prefix(CityPages.pageSize)
        visit.note(
            .readOperations, of: "alerts", dataClass: shared.highestClass(of: shown, upTo: permit.highestClass))
        return .alerts(
            AlertsPage(
                frame: shared.frame(for: visit.caller), filter: filter,
                rows: shown.map { shared.row(of: $0, upTo: permit.highestClass) },
                acknowledgedCount: all.count { $0.acknowledgedAt != nil }, paging: paging,
                mayAcknowledge: visit.may(.acknowledgeAlerts)))
    }

    @Sendable private func acknowledge(_ visit: Visit, _ fields: RequestParameters) async throws -> Response {
        _ = try visit.permit(.acknowledgeAlerts)
        let id = try visit.parameter("id")
        guard let number = UInt64(id), shared.city.views.alerts.alert(number) != nil else {
            throw Problem(.notFound, "there is no alert `\(id.prefix(50))`")
        }
        _ = try await shared.city.acknowledge(
            number, note: fields.text("note").map { String($0.prefix(500)) }, by: visit.caller.principal
        ).get()
        shared.notices.leave(.done("Alert \(number) is acknowledged."), for: visit.caller)
        return .seeOther("/alerts")
    }

    // MARK: Refusals and ledger

    private func refusals(_ visit: Visit) throws -> ConsolePage {
        _ = try visit.permit(.readOperations)
        let parameters = visit.parameters
        let step = try parameters.word("step", as: ConsoleStep.self)
        let text = parameters["q"] ?? ""
        let wanted = text.lowercased()
        let found = shared.city.views.refusals.newest(.max) { record in
            (step == nil || record.step.rawValue == step?.rawValue)
                && (wanted.isEmpty
                    || [record.principal, record.code.rawValue, record.message].contains {
                        $0.lowercased().contains(wanted)
                    })
        }
        let paging = Paging(
            requested: parameters["page"].flatMap { Int($0) }, size: CityPages.pageSize, total: found.count)
        visit.note(.readOperations, of: "refusals", dataClass: .internal)
        return .refusals(
            RefusalsPage(
                frame: shared.frame(for: visit.caller), filter: RefusalFilter(step: step, text: text),
                rows: found.dropFirst(paging.offset).prefix(CityPages.pageSize).map(\.row), paging: paging))
    }

    private func ledger(_ visit: Visit) throws -> ConsolePage {
        _ = try visit.permit(.readLedger)
        let ledger = shared.city.ledger
        let checkpoint = ledger.checkpoint()
        let batches = try shared.city.newestBatches(LedgerEndpoints.batches).map { batch in
            BatchRow(
                sequence: batch.sequence, committedAt: ConsoleTime(batch.committedAt), entryCount: batch.entryCount,
                readingsRoot: batch.readingsRoot)
        }
        return .ledger(
            LedgerPage(
                frame: shared.frame(for: visit.caller), origin: ledger.origin, size: checkpoint.size,
                rootHash: checkpoint.rootHash.base64, checkpoint: checkpoint.note, verifierKey: ledger.verifierKey,
                batches: batches, verifyCommand: "bastide ledger verify proof.json --key '\(ledger.verifierKey)'"))
    }
}
