import CityStorage
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Yams

/// The description of all that this face speaks (OpenAPI 3.1): kept as YAML, also given as JSON.
struct OpenAPIDocument: Sendable {
    private let yamlText: String
    private let jsonText: [UInt8]

    /// Reads the document that ships with the program.
    ///
    /// - Throws: ``StorageError/Code/missing`` when the installation is damaged.
    init() throws {
        guard let path = Bundle.module.url(forResource: "openapi", withExtension: "yaml"),
            let text = try? String(contentsOf: path, encoding: .utf8), let value = try Yams.load(yaml: text)
        else { throw StorageError(.missing, "the program's file openapi.yaml cannot be read: install it again") }
        yamlText = text
        jsonText = Array(
            try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes]))
    }

    var yaml: Response { .text(yamlText, type: "application/yaml") }

    var json: Response {
        Response(
            status: .ok,
            headers: [.contentType: "application/vnd.oai.openapi+json;version=3.1", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: jsonText)))
    }
}
