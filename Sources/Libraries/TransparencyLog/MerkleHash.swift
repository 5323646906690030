import Crypto

/// The hashes of RFC 6962 §2.1: leaves and nodes are told apart by a first byte, so neither can pass for the other.
public enum MerkleHash {
    private static let leafPrefix: UInt8 = 0x00
    private static let nodePrefix: UInt8 = 0x01

    /// The root of the tree without leaves: SHA-256 of nothing.
    public static let emptyRoot = Digest(SHA256())

    /// SHA-256(0x00 ‖ bytes).
    ///
    /// - Parameter bytes: The leaf, of any length.
    /// - Returns: The leaf hash.
    public static func leaf(_ bytes: UnsafeRawBufferPointer) -> Digest {
        var hasher = SHA256(startingWith: leafPrefix)
        hasher.update(bufferPointer: bytes)
        return Digest(hasher)
    }

    /// SHA-256(0x00 ‖ bytes).
    ///
    /// - Parameter bytes: The leaf, of any length.
    /// - Returns: The leaf hash.
    public static func leaf(_ bytes: some Collection<UInt8>) -> Digest {
        bytes.withContiguousStorageIfAvailable { leaf(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { leaf($0) }
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    ///
    /// - Parameters:
    ///   - left: The hash of the left subtree.
    ///   - right: The hash of the right subtree.
    /// - Returns: The node hash.
    public static func node(_ left: Digest, _ right: Digest) -> Digest {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * Digest.byteCount, alignment: 1) { scratch in
            scratch[0] = nodePrefix
            scratch.storeBytes(of: left.words, toByteOffset: 1, as: type(of: left.words))
            scratch.storeBytes(of: right.words, toByteOffset: 1 + Digest.byteCount, as: type(of: right.words))
            var hasher = SHA256()
            hasher.update(bufferPointer: UnsafeRawBufferPointer(scratch))
            return Digest(hasher)
        }
    }

    /// The leaf hashes of many leaves that lie one behind the other: no copy and no array per leaf.
    ///
    /// - Parameters:
    ///   - concatenated: The bytes of all leaves, without separators.
    ///   - ends: For each leaf the position after its last byte. Precondition: ascending, none beyond the buffer.
    /// - Returns: One hash for each element of `ends`, in order.
    public static func leaves(concatenated: UnsafeRawBufferPointer, ends: [Int]) -> [Digest] {
        // A copied hasher carries its prefix along; it costs less than feeding the prefix again.
        let prefixed = SHA256(startingWith: leafPrefix)
        return [Digest](unsafeUninitializedCapacity: ends.count) { hashes, count in
            var start = 0
            for end in ends {
                precondition(start <= end && end <= concatenated.count, "leaf ends ascend and stay in the buffer")
                var hasher = prefixed
                hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: concatenated[start..<end]))
                hashes.initializeElement(at: count, to: Digest(hasher))
                count += 1
                start = end
            }
        }
    }

    /// The leaf hashes of many leaves that lie one behind the other.
    ///
    /// - Parameters:
    ///   - concatenated: The bytes of all leaves, without separators.
    ///   - ends: For each leaf the position after its last byte. Precondition: ascending, none beyond the array.
    /// - Returns: One hash for each element of `ends`, in order.
    public static func leaves(concatenated: [UInt8], ends: [Int]) -> [Digest] {
        concatenated.withUnsafeBytes { leaves(concatenated: $0, ends: ends) }
    }

    /// Replaces the hashes of one level of a tree by those of the level above; an odd last hash moves up as it is.
    static func ascend(_ level: inout [Digest]) {
        let prefixed = SHA256(startingWith: nodePrefix)
        let pairs = level.count / 2
        level.withUnsafeMutableBytes { bytes in
            for pair in 0..<pairs {
                let start = pair * 2 * Digest.byteCount
                var hasher = prefixed
                // Left and right are neighbours in memory: one update of 64 bytes.
                hasher.update(
                    bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[start..<start + 2 * Digest.byteCount]))
                bytes.storeBytes(
                    of: Digest(hasher).words, toByteOffset: start / 2, as: (UInt64, UInt64, UInt64, UInt64).self)
            }
        }
        if !level.count.isMultiple(of: 2) { level[pairs] = level[level.count - 1] }
        level.removeLast(pairs)
    }
}

extension SHA256 {
    fileprivate init(startingWith prefix: UInt8) {
        self.init()
        withUnsafeBytes(of: prefix) { update(bufferPointer: $0) }
    }
}

extension Digest {
    fileprivate init(_ hasher: SHA256) {
        self = hasher.finalize().withUnsafeBytes { Digest(loading: $0) }
    }
}
