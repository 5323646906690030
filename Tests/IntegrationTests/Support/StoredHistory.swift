import CityModel
import CityStorage
import TimeSeries

/// The history that a city keeps on disk, read from its file while nobody serves the city.
struct StoredHistory {
    /// One series: its readings in order of time, and the bytes they take.
    struct Series {
        let readings: [Reading]
        let bytes: Int
    }

    private let store: ViewStore
    private let snapshots: [SeriesSnapshot]

    init(of city: TestCity) throws {
        store = try ViewStore(path: CityDirectory(city.path).views)
        snapshots = try store.series()
    }

    /// The series of a device's attribute: sealed blocks, and the open one.
    func series(of attribute: String, by device: String) throws -> Series {
        let snapshot = snapshots.first {
            $0.definition.device?.text == device && $0.definition.attribute == attribute
        }
        guard let snapshot else { throw Failure("there is no history of `\(attribute)` of \(device)") }
        var blocks = try store.blocks(of: snapshot.definition.series, in: .min ... .max)
        let head = snapshot.head.make()
        if !head.isEmpty { blocks.append(try Block(bytes: head)) }
        let readings = try blocks.flatMap { try $0.decode() }.sorted { $0.time < $1.time }
        return Series(readings: readings, bytes: blocks.reduce(0) { $0 + $1.bytes.count })
    }
}
