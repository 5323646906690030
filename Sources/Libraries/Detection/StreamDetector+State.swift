/// A detector's state as bytes, so that a restart forgets nothing.
///
/// ```
/// version           1 byte    2
/// stuck flagged     1 byte    0 or 1
/// UTC offset        4 bytes   seconds
/// told surprise     4 bytes
/// has memory        1 byte    0 or 1; with 0 the state ends here
/// memory, rhythm, episode, stuck watch, five channels, as each of them writes itself
/// ```
///
/// All fields are little-endian. At most some 2,200 bytes.
extension StreamDetector {
    private static let version: UInt8 = 2

    /// Appends the whole state.
    ///
    /// - Parameter bytes: Where the state goes; what is there already stays.
    public func encode(into bytes: inout [UInt8]) {
        var state = StateWriter(appendingTo: bytes)
        state.append(Self.version)
        state.append(UInt8(flagsStuck ? 1 : 0))
        state.append(utcOffsetSeconds)
        state.append(toldSurprise)
        state.append(UInt8(memory == nil ? 0 : 1))
        if let memory {
            memory.encode(into: &state)
            rhythm.encode(into: &state)
            episode.encode(into: &state)
            stuckWatch.encode(into: &state)
            for channel in channels { channel.encode(into: &state) }
        }
        bytes = state.bytes
    }

    /// A detector that goes on exactly where another was encoded.
    ///
    /// - Parameter bytes: What ``encode(into:)`` appended, whole and alone.
    /// - Throws: ``DetectionError/wrongLength``, ``DetectionError/unsupportedVersion`` or ``DetectionError/malformed``.
    public init(decoding bytes: [UInt8]) throws(DetectionError) {
        var state = StateReader(bytes)
        let version: UInt8 = try state.integer()
        guard version == Self.version else { throw .unsupportedVersion }
        flagsStuck = try state.flag()
        utcOffsetSeconds = try state.integer()
        toldSurprise = try state.number()
        guard abs(utcOffsetSeconds) <= 86_400, toldSurprise >= 0 else { throw .malformed }
        if try state.flag() {
            memory = try SeriesMemory(decoding: &state)
            rhythm = try Rhythm(decoding: &state)
            episode = try Episode(decoding: &state)
            stuckWatch = try StuckWatch(decoding: &state)
            for _ in Channel.allCases { channels.append(try ResidualChannel(decoding: &state)) }
        }
        guard state.isAtEnd else { throw .wrongLength }
    }
}
