public import CityModel
import Crypto
import Foundation
import JSONBytes

/// The texts that the ledger's leaves are hashes of. They are JSON, so that whoever holds a proof can read what it proves.
///
/// Every entry's text carries a salt of its own: without it, a neighbour's low-entropy reading could be guessed from the
/// sibling hashes of a proof. Keys are in alphabetical order.
public enum LeafText {
    /// The text of an event's leaf: `{"event":{…},"salt":"…"}`.
    public static func event(_ json: [UInt8], salt: BatchSalts.Salt) -> [UInt8] {
        var text = Array("{\"event\":".utf8)
        text.append(contentsOf: json)
        text.append(contentsOf: ",\"salt\":\"".utf8)
        salt.appendHexadecimal(to: &text)
        text.append(contentsOf: "\"}".utf8)
        return text
    }

    /// The text of a batch's leaf in the log.
    public static func batch(
        origin: String, sequence: UInt64, committedAt: Timestamp, entries: Int, readingsRoot: String
    ) -> [UInt8] {
        var writer = Array("{\"batch\":\(sequence),\"city\":\"\(origin)\",\"committedAt\":\"".utf8)
        RFC3339.append(committedAt.microseconds, to: &writer)
        writer.append(contentsOf: "\",\"entries\":\(entries),\"readingsRoot\":\"\(readingsRoot)\"}".utf8)
        return writer
    }
}

/// The parts of an observation's leaf text that are the same for every value of its series.
public struct LeafFrame: Sendable {
    private let head: [UInt8]
    private let tail: [UInt8]

    /// The frame of a series.
    public init(_ definition: AttributeDefinition) {
        var head = "{\"attribute\":\(quoted(definition.attribute))"
        head += ",\"dataClass\":\"\(definition.label.dataClass.rawValue)\""
        if let device = definition.device { head += ",\"device\":\(quoted(device.text))" }
        head += ",\"entity\":\(quoted(definition.entity.text)),\"entityType\":\(quoted(definition.entityType))"
        head += ",\"observedAt\":\""
        self.head = Array(head.utf8)
        var tail = "\""
        if let unit = definition.unitCode { tail += ",\"unitCode\":\(quoted(unit))" }
        tail += ",\"value\":"
        self.tail = Array(tail.utf8)
    }

    /// Appends the whole text of an observation's leaf.
    public func append(_ observation: Observation, salt: BatchSalts.Salt, to text: inout [UInt8]) {
        text.append(contentsOf: head)
        RFC3339.append(observation.observedAt.microseconds, to: &text)
        text.append(contentsOf: LeafFrame.saltKey)
        salt.appendHexadecimal(to: &text)
        text.append(contentsOf: tail)
        switch observation.value {
        case .number(let number): JSONNumber.append(number, to: &text)
        case .boolean(let flag): text.append(contentsOf: flag ? "true".utf8 : "false".utf8)
        case .text(let value), .relationship(let value): text.append(contentsOf: quoted(value).utf8)
        case .structured(let json), .geometry(let json): text.append(contentsOf: json.utf8)
        }
        text.append(UInt8(ascii: "}"))
    }

    private static let saltKey = Array("\",\"salt\":\"".utf8)
}

private func quoted(_ text: String) -> String {
    var writer = JSONWriter()
    writer.string(text)
    return String(decoding: writer.bytes, as: UTF8.self)
}

/// The salts of one batch's entries: 16 bytes each, cut from the ChaCha20 key stream under the batch's secret (RFC 8439).
///
/// Whoever has the secret can make all of them again; whoever has one of them learns nothing of the others.
public struct BatchSalts: Sendable {
    /// One entry's salt.
    public struct Salt: Sendable, Equatable {
        fileprivate let high: UInt64
        fileprivate let low: UInt64

        /// Appends 32 lower-case hexadecimal digits.
        public func appendHexadecimal(to text: inout [UInt8]) {
            for word in [high, low] {
                var shift = 60
                while shift >= 0 {
                    let digit = UInt8(truncatingIfNeeded: (word >> UInt64(shift)) & 0xF)
                    text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
                    shift -= 4
                }
            }
        }
    }

    private let stream: [UInt8]

    /// The salts of a batch of `count` entries whose secret is `secret`, 32 bytes.
    public init(secret: [UInt8], count: Int) {
        precondition(secret.count == 32, "a batch's salt has 32 bytes")
        // The nonce is constant because the key is used for this one stream and never again.
        let nonce = [UInt8](repeating: 0, count: 12)
        do {
            let box = try ChaChaPoly.seal(
                [UInt8](repeating: 0, count: count * 16), using: SymmetricKey(data: secret),
                nonce: ChaChaPoly.Nonce(data: nonce))
            stream = Array(box.ciphertext)
        } catch {
            preconditionFailure("a key of 32 and a nonce of 12 bytes are always accepted: \(error)")
        }
    }

    /// The salt of the entry at `index`, from 0.
    public subscript(index: Int) -> Salt {
        stream.withUnsafeBytes { bytes in
            Salt(
                high: bytes.loadUnaligned(fromByteOffset: index * 16, as: UInt64.self),
                low: bytes.loadUnaligned(fromByteOffset: index * 16 + 8, as: UInt64.self))
        }
    }
}
