import SparkplugB

/// What holds of Sparkplug B payloads for any bytes whatever.
public enum SparkplugProperty {
    /// - Returns: What does not hold, in words; nil when all does.
    public static func problem(with input: UnsafeRawBufferPointer) -> String? {
        guard let payload = try? SparkplugPayload(decoding: input) else { return nil }
        let bytes = payload.encoded()
        do {
            let again = try SparkplugPayload(decoding: bytes).encoded()
            return again == bytes ? nil : "written twice, it is \(bytes) and \(again)"
        } catch {
            return "it was read, and written, and cannot be read again: \(error)"
        }
    }
}
