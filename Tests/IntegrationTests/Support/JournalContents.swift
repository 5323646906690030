import CityModel
import CityStorage

/// What a city's journal holds, read from its file as a stranger would: without the city, and while nobody serves it or
/// somebody does.
struct JournalContents {
    /// A reading as the journal has it.
    struct Stored: Sendable, Hashable {
        let device: String
        let attribute: String
        let observedAt: Timestamp
    }

    /// Which values are kept for a reading; more than one is one too many.
    private(set) var readings: [Stored: [AttributeValue]] = [:]
    private(set) var refusals: [RefusalRecord] = []
    private(set) var alerts: [AlertRecord] = []
    /// The newest batch that was read.
    private(set) var sequence: UInt64 = 0

    private let journal: String
    private var definitions: [SeriesID: AttributeDefinition] = [:]

    /// The journal of a city; nothing is read yet.
    init(of city: TestCity) {
        journal = CityDirectory(city.path).journal
    }

    /// Reads the batches that were added since the last call.
    mutating func readOn() throws {
        let reader = try JournalReader(path: journal)
        let newest = try reader.newestSequence()
        while sequence < newest {
            sequence += 1
            guard let content = reader.row(sequence)?.content else {
                throw Failure("batch \(sequence) of \(newest) cannot be read")
            }
            try take(try BatchContent(decoding: content))
        }
    }

    private mutating func take(_ content: BatchContent) throws {
        for text in content.events {
            switch try EventCoding.decode(text) {
            case .attributeDefined(let definition): definitions[definition.series] = definition
            case .refusal(let record): refusals.append(record)
            case .alertRaised(let record): alerts.append(record)
            case .device, .alertAcknowledged, .access, .retained, .account, .token, .context: break
            }
        }
        for observation in content.observations {
            guard let definition = definitions[observation.series] else {
                throw Failure("batch \(sequence) has an observation of a series that is not defined")
            }
            let key = Stored(
                device: definition.device?.text ?? "", attribute: definition.attribute,
                observedAt: observation.observedAt)
            readings[key, default: []].append(observation.value)
        }
    }

    /// How many readings of an attribute of a device there are.
    func count(of attribute: String, by device: String) -> Int {
        readings.reduce(0) { $0 + ($1.key.device == device && $1.key.attribute == attribute ? $1.value.count : 0) }
    }

    /// The refusals of a principal: `device/gauge-7`, or `unknown/192.0.2.7`.
    func refusals(of principal: String) -> [RefusalRecord] { refusals.filter { $0.principal == principal } }

    /// The refusals of those who came from an address.
    func refusals(from source: String) -> [RefusalRecord] { refusals.filter { $0.source == source } }
}
