import AsyncHTTPClient
import CityIdentity
import CityStorage
import Foundation
import HTTPAPI
import JSONBytes
import NIOCore
import NIOHTTP1
import NIOSSL
import PKI
import Testing

/// An answer, read whole.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: String

    func header(_ name: String) -> String? { headers.first(name: name) }

    /// The body as JSON.
    func json() throws -> JSONValue { try JSONValue(parsing: body) }

    /// The string at a path of the body.
    func string(_ path: JSONPath) throws -> String { try json().string(at: path) }
}

/// Sends requests to a ``TestServer``; remembers cookies.
final class TestClient {
    private let client: HTTPClient
    private let base: String
    private(set) var cookies: [String: String] = [:]

    private init(_ base: String, _ client: HTTPClient) {
        self.base = base
        self.client = client
    }

    /// Over TLS, with or without a client certificate.
    static func guarded(
        _ server: TestServer, keyPEM: String? = nil, certificatePEM: String? = nil, host: String = "localhost",
        _ body: (TestClient) async throws -> Void
    ) async throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(server.certificates.authority.root.pem.utf8)))
        if let keyPEM, let certificatePEM {
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem))
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8)).map {
                .certificate($0)
            }
        }
        // The server's certificate has no other names.
        if host != "localhost" { tls.certificateVerification = .noHostnameVerification }
        try await with("https://\(host):\(server.ports.https)", tls, body)
    }

    /// Over the laboratory's plain listener.
    static func laboratory(_ server: TestServer, _ body: (TestClient) async throws -> Void) async throws {
        try await with(server.laboratory, nil, body)
    }

    /// Over the city's own Unix socket.
    static func admin(_ server: TestServer, _ body: (TestClient) async throws -> Void) async throws {
        let path = try #require(
            server.directory.socket.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        try await with("http+unix://\(path)", nil, body)
    }

    private static func with(
        _ base: String, _ tls: TLSConfiguration?, _ body: (TestClient) async throws -> Void
    ) async throws {
        let configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await body(TestClient(base, client))
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    // MARK: Requests

    func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Reply {
        try await send(.GET, path, headers)
    }

    func post(_ path: String, json: String, _ headers: [String: String] = [:]) async throws -> Reply {
        try await send(.POST, path, ["content-type": "application/json"].merging(headers) { $1 }, json)
    }

    func post(
        _ path: String, form: [(String, String)], _ headers: [String: String] = [:]
    ) async throws -> Reply {
        let fields = form.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }
        let type = ["content-type": "application/x-www-form-urlencoded"]
        return try await send(.POST, path, type.merging(headers) { $1 }, fields.joined(separator: "&"))
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ headers: [String: String] = [:], _ body: String? = nil
    ) async throws -> Reply {
        let response = try await open(method, path, headers, body)
        let bytes = try await response.body.collect(upTo: 8 << 20)
        return Reply(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
    }

    /// Sends a request and gives the answer with its body still to come.
    func open(
        _ method: HTTPMethod, _ path: String, _ headers: [String: String] = [:], _ body: String? = nil
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if !cookies.isEmpty {
            request.headers.add(name: "cookie", value: cookies.map { "\($0)=\($1)" }.joined(separator: "; "))
        }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await client.execute(request, timeout: .seconds(30))
        for field in response.headers["set-cookie"] { remember(field) }
        return response
    }

    private func remember(_ field: String) {
        let pair = field.split(separator: ";")[0].split(separator: "=", maxSplits: 1).map(String.init)
        cookies[pair[0]] = pair.count > 1 && !pair[1].isEmpty ? pair[1] : nil
    }

    // MARK: Signing in

    /// The token in the first form of a page.
    static func csrf(in page: String) throws -> String {
        let mark = try #require(page.range(of: "name=\"csrf\" value=\""))
        return String(page[mark.upperBound...].prefix { $0 != "\"" })
    }

    /// A page without the tokens of its forms, which differ each time.
    static func withoutTokens(_ page: String) throws -> String {
        guard page.contains("name=\"csrf\"") else { return page }
        return page.replacing(try csrf(in: page), with: "")
    }

    /// Fills in the form.
    func signIn(
        _ name: String, password: String = TestServer.password, returnTo: String? = nil
    ) async throws -> Reply {
        let page = try await get("/sign-in")
        var fields = [("csrf", try TestClient.csrf(in: page.body)), ("name", name), ("password", password)]
        if let returnTo { fields.append(("returnTo", returnTo)) }
        return try await post("/sign-in", form: fields)
    }

    /// Signs in and gives the session's token against forged requests.
    func session(_ name: String) async throws -> String {
        let reply = try await signIn(name)
        #expect(reply.status == 303)
        return try TestClient.csrf(in: try await get("/").body)
    }
}

/// `Authorization: Basic`.
func basic(_ name: String, _ password: String = TestServer.password) -> [String: String] {
    ["authorization": "Basic " + Data("\(name):\(password)".utf8).base64EncodedString()]
}
