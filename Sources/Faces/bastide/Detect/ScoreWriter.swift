import CoreFoundation
import Foundation
import JSONBytes

/// Writes rows through one buffer, to standard output or to a file that appears whole or not at all.
final class ScoreWriter {
    private static let bufferBytes = 1 << 18

    private let path: String?
    private let temporary: String?
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// - Parameter path: The file; nil or `-` for standard output.
    /// - Throws: ``CommandFailure`` when it cannot be made.
    init(path: String?) throws {
        buffer.reserveCapacity(ScoreWriter.bufferBytes + 4_096)
        guard let path, path != "-" else {
            self.path = nil
            temporary = nil
            descriptor = STDOUT_FILENO
            return
        }
        // A pipe or device is written in place; a file is written beside its place first.
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        let temporary = isSpecial ? nil : path + ".new"
        self.path = path
        self.temporary = temporary
        descriptor = open(temporary ?? path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(.cannotCreate, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    func append(_ bytes: some Sequence<UInt8>) {
        buffer.append(contentsOf: bytes)
    }

    /// A row as it was, and its score.
    func append(row: SeriesReader.Row, score: Double) throws {
        buffer.append(contentsOf: row.text)
        buffer.append(UInt8(ascii: ","))
        JSONNumber.append(score, to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        try flushIfFull()
    }

    func flushIfFull() throws {
        if buffer.count >= ScoreWriter.bufferBytes { try flush() }
    }

    private func flush() throws {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { bytes in
                bytes.baseAddress.map { write(descriptor, $0 + written, bytes.count - written) } ?? 0
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                throw CommandFailure(.inputOutput, "\(path ?? "standard output") cannot be written: \(reason)")
            }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes what is left and puts the file in its place.
    func finish() throws {
        try flush()
        guard let path else { return }
        close(descriptor)
        if let temporary, rename(temporary, path) != 0 {
            throw CommandFailure(.cannotCreate, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Leaves no half a file behind.
    func abandon() {
        guard path != nil else {
            try? flush()
            return
        }
        close(descriptor)
        if let temporary { unlink(temporary) }
    }
}
