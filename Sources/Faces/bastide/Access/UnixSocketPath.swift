import Foundation

/// Paths of Unix sockets fit into 107 bytes; a city's directory may lie deeper than that.
enum UnixSocketPath {
    /// Longest path a socket address holds, in bytes (`sun_path` without its final zero).
    static let longest = 107

    /// A path to the same socket that is short enough: through the folder's descriptor, which stays open.
    static func short(_ path: String) -> String {
        guard path.utf8.count > longest else { return path }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return path }
        return "/proc/self/fd/\(folder)/\((path as NSString).lastPathComponent)"
    }

    /// Whether somebody listens there.
    static func answers(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(short(path).utf8)
        guard bytes.count <= longest else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
