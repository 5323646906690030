import HTTPTypes
import Hummingbird
import NIOCore
import WebConsole

/// The console's static files, from memory: a path names a file of a fixed table, never one of the disk.
struct StaticFiles: Sendable {
    let shared: HTTPShared

    func register(on endpoints: Endpoints) {
        endpoints.open(.get, "/static/**") { [shared] request, _ in
            guard let path = PercentCoding.decode(request.uri.path),
                let asset = shared.renderer.assets.asset(atPath: path)
            else { throw Problem(.notFound, "there is no such file") }
            return StaticFiles.conditional(
                request, etag: asset.etag,
                headers: [.contentType: asset.contentType, .cacheControl: asset.cacheControl], bytes: asset.bytes)
        }
    }

    /// The bytes, or `304` for a browser that has them (RFC 9110 §13.1.2).
    static func conditional(_ request: Request, etag: String, headers: HTTPFields, bytes: [UInt8]) -> Response {
        var headers = headers
        headers[.eTag] = etag
        let known = request.headers[.ifNoneMatch]?.split(separator: ",").map(\.trimmedSpaces) ?? []
        if known.contains(where: { $0 == "*" || $0 == etag || $0.dropFirst(2) == etag && $0.hasPrefix("W/") }) {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
