import CityStorage
import JSONBytes
import NGSILD

extension Attribute {
    /// Reads an instance as the views keep it; nil when it is none.
    init?(row: InstanceRow) {
        guard case .object(let object)? = try? JSONValue(parsing: row.body) else { return nil }
        self.init(stored: object, at: row.at)
    }

    /// The instance as the views keep it.
    func row(number: UInt64) -> InstanceRow {
        let at = createdAt ?? 0
        return InstanceRow(
            number: number, name: name, observedAt: observedAt, at: at,
            late: LateBytes {
                var writer = JSONWriter(capacity: 256)
                writer.stored(self, at: at)
                return writer.take()
            })
    }
}
