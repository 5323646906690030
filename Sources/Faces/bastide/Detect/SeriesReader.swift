import Foundation
import JSONBytes

/// Reads a series from CSV, row by row, through one buffer: the file's size does not matter.
///
///     timestamp "," value newline
///
/// Lines end in LF or CR LF; a byte order mark before the header is skipped. Fields are not quoted.
struct SeriesReader: ~Copyable {
    /// A row; its text is valid until the next one is read.
    struct Row {
        /// Microseconds since 1970.
        let time: Int64
        let value: Double
        /// Both fields with the comma between them, as they were.
        let text: UnsafeRawBufferPointer
    }

    /// The largest line, in bytes: a timestamp and a number have some fifty.
    private static let longestLine = 65_536
    private static let bufferBytes = 1 << 18

    private let name: String
    private let descriptor: Int32
    private let buffer: UnsafeMutableRawPointer
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    private var hasHeader = false
    /// The number of the line that was read last, from 1.
    private(set) var line = 0

    /// - Parameters:
    ///   - path: The file; `-` for standard input.
    ///   - name: What messages call it.
    /// - Throws: ``CommandFailure`` when it cannot be opened.
    init(path: String, name: String) throws {
        self.name = name
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        // One byte more than is ever filled: a number at the very end needs a zero behind it.
        buffer = .allocate(byteCount: SeriesReader.bufferBytes + 1, alignment: 16)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw CommandFailure(.inputOutput, "\(path) cannot be opened: \(reason)")
        }
    }

    deinit {
        buffer.deallocate()
        if descriptor > STDIN_FILENO { close(descriptor) }
    }

    /// The next row, or nil at the end.
    ///
    /// - Throws: ``CommandFailure`` with file and line for a row that is none.
    mutating func next() throws -> Row? {
        if !hasHeader { try readHeader() }
        guard let text = try nextLine() else { return nil }
        guard !text.isEmpty else { return try endAfterEmptyLine() }
        return try parse(text)
    }

    /// Empty lines may end a file, and stand nowhere else.
    private mutating func endAfterEmptyLine() throws -> Row? {
        let first = line
        while let text = try nextLine() {
            guard text.isEmpty else {
                line = first
                throw mistake("expected `timestamp,value`, found an empty line")
            }
        }
        return nil
    }

    private mutating func readHeader() throws {
        hasHeader = true
        guard var text = try nextLine() else { throw mistake("expected the header `timestamp,value`, found nothing") }
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = UnsafeRawBufferPointer(rebasing: text.dropFirst(3)) }
        guard text.elementsEqual("timestamp,value".utf8) else {
            throw mistake("expected the header `timestamp,value`, found `\(shown(text))`")
        }
    }

    /// The next line without its end, or nil at the end of the file.
    private mutating func nextLine() throws -> UnsafeRawBufferPointer? {
        var searched = 0
        while true {
            if let found = memchr(buffer + start + searched, 0x0A, end - start - searched) {
                let length = UnsafeRawPointer(found) - UnsafeRawPointer(buffer + start)
                defer { start += length + 1 }
                return take(length)
            }
            searched = end - start
            guard !isAtEnd else {
                defer { start = end }
                return searched == 0 ? nil : take(searched)
            }
            guard searched <= SeriesReader.longestLine else {
                line += 1
                throw mistake("the line has more than \(SeriesReader.longestLine) bytes")
            }
            try fill()
        }
    }

    private mutating func take(_ length: Int) -> UnsafeRawBufferPointer {
        line += 1
        let hasReturn = length > 0 && buffer.load(fromByteOffset: start + length - 1, as: UInt8.self) == 0x0D
        return UnsafeRawBufferPointer(start: buffer + start, count: hasReturn ? length - 1 : length)
    }

    private mutating func fill() throws {
        if start > 0 {
            memmove(buffer, buffer + start, end - start)
            end -= start
            start = 0
        }
        while true {
            let count = read(descriptor, buffer + end, SeriesReader.bufferBytes - end)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure(.inputOutput, "\(name) cannot be read: \(String(cString: strerror(errno)))")
            }
            isAtEnd = count == 0
            end += count
            return
        }
    }

    private func parse(_ text: UnsafeRawBufferPointer) throws -> Row {
        guard let comma = text.firstIndex(of: UInt8(ascii: ",")) else {
            throw mistake("expected `timestamp,value`, found `\(shown(text))`")
        }
        let time = try time(UnsafeRawBufferPointer(rebasing: text[..<comma]))
        let field = UnsafeRawBufferPointer(rebasing: text[(comma + 1)...])
        guard let value = number(field) else {
            throw mistake("expected a number after the comma, found `\(shown(field))`")
        }
        return Row(time: time, value: value, text: text)
    }

    private func time(_ field: UnsafeRawBufferPointer) throws -> Int64 {
        do throws(RFC3339.Failure) {
            // `YYYY-MM-DD hh:mm:ss`, with decimals or without, is RFC 3339 but for the `T` and the zone, which is UTC.
            guard field.count >= 19, field.count <= 30, field[10] == UInt8(ascii: " ") else {
                return try RFC3339.microseconds(parsing: field)
            }
            return try withUnsafeTemporaryAllocation(byteCount: field.count + 1, alignment: 1) {
                whole throws(RFC3339.Failure) in
                whole.copyMemory(from: field)
                whole[10] = UInt8(ascii: "T")
                whole[field.count] = UInt8(ascii: "Z")
                return try RFC3339.microseconds(parsing: UnsafeRawBufferPointer(whole))
            }
        } catch {
            throw mistake(
                "expected a time such as `2026-01-31T23:59:59Z` or `2026-01-31 23:59:59`, found `\(shown(field))`: "
                    + error.reason)
        }
    }

    /// A decimal number and nothing else: what `strtod` takes besides (hexadecimal, `inf`, `nan`, spaces) is refused.
    private func number(_ field: UnsafeRawBufferPointer) -> Double? {
        guard let base = field.baseAddress, !field.isEmpty, field.allSatisfy(SeriesReader.isNumeric) else { return nil }
        // Within our buffer, which has room for one byte more than it ever holds: the byte is put back afterwards.
        let after = UnsafeMutableRawPointer(mutating: base + field.count).assumingMemoryBound(to: UInt8.self)
        let saved = after.pointee
        after.pointee = 0
        defer { after.pointee = saved }
        let text = base.assumingMemoryBound(to: CChar.self)
        var stop: UnsafeMutablePointer<CChar>?
        let value = strtod(text, &stop)
        return stop.map { UnsafePointer($0) } == text + field.count && value.isFinite ? value : nil
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private func shown(_ text: UnsafeRawBufferPointer) -> String {
        let start = String(decoding: text.prefix(60), as: UTF8.self)
        let plain = String(start.unicodeScalars.map { $0.value < 0x20 ? "\u{FFFD}" : Character($0) })
        return text.count > 60 ? plain + "…" : plain
    }

    private func mistake(_ message: String) -> CommandFailure {
        CommandFailure(.failed, "\(name):\(max(line, 1)): \(message)")
    }
}
