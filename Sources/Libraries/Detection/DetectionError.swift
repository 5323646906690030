/// Why bytes are not the state of a detector.
public enum DetectionError: Error, Hashable, Sendable, CaseIterable {
    /// The bytes end early, or go on after the end.
    case wrongLength
    /// The version byte is not one this code reads.
    case unsupportedVersion
    /// A field holds a value that no detector ever has.
    case malformed
}

extension DetectionError: CustomStringConvertible {
    /// The reason in words, for a log.
    public var description: String {
        switch self {
        case .wrongLength: "the detector's state has the wrong length"
        case .unsupportedVersion: "the detector's state has a version this program does not read"
        case .malformed: "the detector's state holds a value that no detector has"
        }
    }
}
