import Foundation
import SwiftASN1
import X509

/// The names under which a server is reached: the subject alternative names of its certificate.
struct ServerNames {
    let generalNames: [GeneralName]
    let commonName: String

    init(dnsNames: [String], ipAddresses: [String]) throws(PKIError) {
        guard let first = (dnsNames + ipAddresses).first else {
            throw PKIError(.invalidName, "a server certificate needs a DNS name or an IP address")
        }
        var names: [GeneralName] = []
        for name in dnsNames {
            guard ServerNames.isDNSName(name) else { throw PKIError(.invalidName, "`\(name)` is not a DNS name") }
            names.append(.dnsName(name))
        }
        for address in ipAddresses {
            guard let bytes = ServerNames.bytes(ofIPAddress: address) else {
                throw PKIError(.invalidName, "`\(address)` is not an IP address")
            }
            names.append(.ipAddress(ASN1OctetString(contentBytes: bytes[...])))
        }
        generalNames = names
        // The common name is decoration: clients look at the alternative names only.
        commonName = first.count <= PKILimits.nameCharacters ? first : "server"
    }

    /// Letters, digits and hyphens in labels of 1 to 63 (RFC 1123 §2.1); the first label may be a single star.
    private static func isDNSName(_ name: String) -> Bool {
        var labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if labels.count > 2, labels[0].elementsEqual("*".utf8) { labels.removeFirst() }
        return name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
                    && label.last != UInt8(ascii: "-") && label.allSatisfy { isLabelByte($0) }
            }
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// Four or sixteen bytes, network order.
    private static func bytes(ofIPAddress text: String) -> [UInt8]? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: v4) { Array($0) } }
        var v6 = in6_addr()
        if inet_pton(AF_INET6, text, &v6) == 1 { return withUnsafeBytes(of: v6) { Array($0) } }
        return nil
    }
}
