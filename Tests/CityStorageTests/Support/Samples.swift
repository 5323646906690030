import CityModel
import CityStorage
import TransparencyLog

extension Timestamp {
    /// 2027-01-15T08:00:00Z.
    static let start = Timestamp(seconds: 1_800_000_000)
}

/// A definition with the usual answers.
func definition(
    _ index: UInt32, attribute: String = "temperature", entity: String? = nil, unit: String? = "CEL",
    device: String? = "gauge-7", class dataClass: DataClass = .public
) -> AttributeDefinition {
    AttributeDefinition(
        series: SeriesID(index: index), entity: EntityID(entity ?? "urn:ngsi-ld:WeatherObserved:\(index)"),
        entityType: "WeatherObserved", attribute: attribute, unitCode: unit, device: device.map { DeviceID($0) },
        agency: AgencyID("weather"), zone: ZoneID("street"),
        label: DataLabel(dataClass: dataClass, retentionDays: 30, isCatalogued: true))
}

func observation(_ index: UInt32, at seconds: Int64, _ value: AttributeValue) -> Observation {
    Observation(series: SeriesID(index: index), observedAt: .start + .seconds(seconds), value: value)
}

func device(_ id: String, entities: [String] = ["urn:ngsi-ld:Device:1"], status: DeviceStatus = .active) -> DeviceRecord
{
    DeviceRecord(
        id: DeviceID(id), agency: AgencyID("water"), zone: ZoneID("street"), deviceType: "sensor",
        displayName: "Pegel \"Süd\"", location: GeoPoint(longitude: 8.4, latitude: -49.01),
        entities: entities.map { EntityID($0) }, certificateSerial: "00ff", certificateNotAfter: .start, status: status,
        enrolledAt: .start, statusChangedAt: .start, statusReason: nil)
}

/// A journal with its ledger and a writer, in a folder.
struct TestJournal {
    static let origin = "city.example/ledger"

    let folder: TemporaryFolder
    let journal: SQLiteJournal
    let ledger: Ledger
    let series = SeriesTable()
    let writer: JournalWriter

    init(in folder: TemporaryFolder, signer: NoteSigner) throws {
        self.folder = folder
        journal = try SQLiteJournal(path: folder.journal)
        ledger = try Ledger(origin: TestJournal.origin, signer: signer, journal: journal)
        writer = JournalWriter(journal: journal, ledger: ledger, series: series)
    }

    /// Commits batches of readings of series 0, which the first of them defines.
    @discardableResult
    func commit(batches: Range<Int>, readings: Int = 3) throws -> [Receipt] {
        try batches.map { batch in
            let events: [CityEvent] = batch == 0 ? [.attributeDefined(definition(0))] : []
            if batch == 0 { try series.restore(definition(0)) }
            let observations = (0..<readings).map { index in
                observation(0, at: Int64(batch * readings + index), .number(Double(batch)))
            }
            return try writer.commit(events: events, observations: observations, at: .start + .seconds(batch))
        }
    }
}
