/// Eclipse Sparkplug B (3.0.0), as a host application reads it: topics, payloads and the state of an edge node, as values.
///
/// - Takes: topic names and the bytes of payloads, from anybody: no bytes make it trap, and none make it keep more than
///   they are long.
/// - Gives: ``SparkplugTopicName``, ``SparkplugPayload``; and from ``SparkplugNode`` what each message means after the ones
///   before it: metrics with names and types, a death, or that a birth is needed.
/// - Owns: nothing. No sockets, no clocks.
/// - Relies on: nothing. The wire format of protocol buffers is small, and read here with the bounds that a payload needs.
///
/// Values of the types DataSet, Template, Bytes, File, PropertySet and of arrays are recognised and not taken apart:
/// ``SparkplugValue/unsupported(_:)`` names them.
public enum SparkplugLimits {
    /// Most metrics in one payload. Births of large edge nodes have some thousands.
    public static let metrics = 16_384
    /// Longest name of a metric, in bytes.
    public static let nameBytes = 1_024
    /// Most devices of one edge node that are known at once.
    public static let devices = 1_024
}
