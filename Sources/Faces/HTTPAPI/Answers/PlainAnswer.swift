import HTTPTypes
import Hummingbird
import NIOCore

/// An answer that is whole before its first byte is sent: what endpoints make that need not wait for anything.
struct PlainAnswer: Sendable {
    var status = HTTPResponse.Status.ok
    var headers: HTTPFields
    var body: ByteBuffer

    /// The same for the road on which answers may take their time.
    var response: Response {
        Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}
