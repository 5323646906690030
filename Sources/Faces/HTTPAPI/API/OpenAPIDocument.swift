import CityStorage
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Yams

/// The description of all that this face speaks (OpenAPI 3.1): kept as YAML, also given as JSON.
///
/// The JSON is made when somebody first asks for it: that takes a tenth of a second, which a start need not wait for.
final class OpenAPIDocument: Sendable {
    private let yamlText: String
    private let jsonText = Mutex<[UInt8]?>(nil)

    /// Reads the document that ships with the program.
    ///
    /// - Throws: ``StorageError/Code/missing`` when the installation is damaged.
    init() throws {
        guard let path = Bundle.module.url(forResource: "openapi", withExtension: "yaml"),
            let text = try? String(contentsOf: path, encoding: .utf8)
        else { throw OpenAPIDocument.damaged }
        yamlText = text
    }

    var yaml: Response { .text(yamlText, type: "application/yaml") }

    /// - Throws: ``StorageError/Code/missing`` when the file is no YAML.
    func json() throws -> Response {
        let bytes = try jsonText.withLock { known in
            if let known { return known }
            guard let value = try Yams.load(yaml: yamlText) else { throw OpenAPIDocument.damaged }
            let made = Array(
                try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes]))
            known = made
            return made
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/vnd.oai.openapi+json;version=3.1", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static let damaged = StorageError(
        .missing, "the program's file openapi.yaml cannot be read: install it again")
}
