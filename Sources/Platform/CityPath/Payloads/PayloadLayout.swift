import CityModel
import JSONBytes

/// How devices that do not speak the city's own forms say what they measure: on which topics, in which form, and which of
/// their values is which attribute.
struct PayloadLayout: Sendable, Equatable {
    /// How a payload is read.
    enum Form: String, Sendable, CaseIterable {
        /// One JSON document.
        case json
        /// One plain value: a number, or a word.
        case text
        /// The protocol buffers of Eclipse Sparkplug B, on Sparkplug's own topics.
        case sparkplugB = "sparkplug-b"
        /// Not at all: given on to subscribers, not kept.
        case message
    }

    /// What a value becomes where the payload leaves it open: text that holds a number, a number that is a name.
    enum Kind: String, Sendable, CaseIterable {
        case number, boolean, text
    }

    /// What one value of a payload means.
    struct Rule: Sendable, Equatable {
        /// A JSON path or a metric's name, as the mapping writes it.
        let source: String
        let attribute: String
        /// The unit in which the payload gives it; nil for the catalogue's.
        let unit: String?
        /// What the number is multiplied with, before ``offset`` is added.
        let scale: Double
        let offset: Double
        /// From the payload's words to values; any other word is refused. Empty where words are taken as they are.
        let words: [String: AttributeValue]
        let kind: Kind?
        /// Where the mapping says so.
        let line: Int
    }

    let name: String
    let note: String?
    let form: Form
    /// The types of devices whose payloads these are, in the mapping's order; nil for all.
    let deviceTypes: [String]?
    let topics: [TopicPattern]
    /// What these devices may subscribe to.
    let subscriptions: [TopicPattern]
    let time: PayloadTime?
    let rules: [Rule]
    /// Paths, or metrics' names, that are left out with all below them; of a name, `*` at its end stands for any rest.
    let ignored: [String]
    /// From path to the one word that may stand there.
    let expected: [String: String]
    /// Whether what no rule names is left out instead of refused.
    let ignoresUnknown: Bool
    /// The attribute that says whether the device is connected, of births and deaths.
    let connected: String?
    let file: String
    let line: Int

    func isFor(_ deviceType: String) -> Bool { deviceTypes?.contains(deviceType) ?? true }
}

/// A device that speaks for others: a Zigbee bridge, a Sparkplug edge node.
struct PayloadGateway: Sendable, Equatable {
    let id: DeviceID
    /// From its names to the devices it may speak for.
    let devices: [String: DeviceID]
    /// Topics of its own whose messages are given on, not kept.
    let publications: [TopicPattern]
    /// What it may subscribe to.
    let subscriptions: [TopicPattern]
    /// Group and node under which it speaks Sparkplug B.
    let edgeNode: EdgeNode?
}

/// The name of a Sparkplug edge node: unique in the city as a pair.
struct EdgeNode: Sendable, Hashable {
    let group: String
    let node: String
}
