/// Why bytes are no payload of Sparkplug B.
public struct SparkplugError: Error, Sendable, Hashable {
    /// What is wrong, to branch on.
    public enum Code: Sendable, Hashable, CaseIterable {
        /// A field goes on behind the end of its message.
        case truncated
        /// A varint of more than 64 bits.
        case varintTooLong
        /// A wire type that protocol buffers do not have, or a known field that has another than its own.
        case wrongWireType
        /// A field number that cannot be.
        case wrongFieldNumber
        /// A string that is not UTF-8.
        case invalidUTF8
        /// More metrics than ``SparkplugLimits/metrics``.
        case tooManyMetrics
        /// A metric's name is longer than ``SparkplugLimits/nameBytes``.
        case nameTooLong
    }

    /// What is wrong.
    public let code: Code
    /// Where in the payload, in bytes from its start.
    public let offset: Int

    init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// One sentence: where, and what is wrong.
    public var message: String {
        let what =
            switch code {
            case .truncated: "a field goes on behind the end"
            case .varintTooLong: "an integer has more than 64 bits"
            case .wrongWireType: "a field has a wire type that it cannot have"
            case .wrongFieldNumber: "a field has a number that cannot be"
            case .invalidUTF8: "text is not UTF-8"
            case .tooManyMetrics: "there are more than \(SparkplugLimits.metrics) metrics"
            case .nameTooLong: "a metric's name has more than \(SparkplugLimits.nameBytes) bytes"
            }
        return "at byte \(offset): expected a payload of Sparkplug B, but \(what)"
    }
}
