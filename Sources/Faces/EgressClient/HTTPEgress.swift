/// The way out of the city: HTTP requests and MQTT messages to other servers, to allowed addresses alone.
///
/// - Takes: requests of the context broker.
/// - Gives: answers, within limits of time, size and redirections.
/// - Owns: connections to other servers.
/// - Relies on: AsyncHTTPClient; `MQTTClient`; `CityContext` for the words. Decides nothing but where nothing is sent to.
import AsyncHTTPClient
public import CityContext
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends HTTP requests, and MQTT messages, to other servers.
public final class HTTPEgress: Egress {
    private let client: HTTPClient
    private let policy: EgressPolicy

    /// A way out.
    ///
    /// - Parameter policy: Where something may be sent.
    public init(policy: EgressPolicy) {
        self.policy = policy
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.idleTimeout = .seconds(10)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Lets go of all connections. Nothing may be sent afterwards.
    public func close() async {
        // What is under way is given up: who waits for it hears so.
        try? await client.shutdown()
    }

    /// Whether anything may be sent to a host.
    func check(host: String) async throws(EgressError) { try await policy.check(host: host) }

    /// Sends a request, following redirections as far as it says.
    public func send(_ request: EgressRequest) async throws(EgressError) -> EgressAnswer {
        var request = request
        var left = request.maximumRedirects
        while true {
            try await policy.check(request.url)
            let answer = try await once(request)
            guard (300..<400).contains(answer.status), left > 0, let location = answer["location"],
                let target = URL(string: location, relativeTo: URL(string: request.url))?.absoluteString
            else { return answer }
            left -= 1
            request.url = target
        }
    }

    private func once(_ request: EgressRequest) async throws(EgressError) -> EgressAnswer {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for (name, value) in request.headers { outgoing.headers.add(name: name, value: value) }
        if let body = request.body { outgoing.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let answer = try await client.execute(outgoing, timeout: TimeAmount(request.timeout))
            var body = ByteBuffer()
            for try await var part in answer.body {
                guard body.readableBytes + part.readableBytes <= request.maximumBytes else {
                    throw EgressError(.tooLarge, "the answer is larger than \(request.maximumBytes) bytes")
                }
                body.writeBuffer(&part)
            }
            return EgressAnswer(
                status: Int(answer.status.code), headers: answer.headers.map { ($0.name.lowercased(), $0.value) },
                body: Array(body.readableBytesView))
        } catch let error as EgressError {
            throw error
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            throw EgressError(.timeout, "there was no answer within \(request.timeout)")
        } catch let error as HTTPClientError where error == .readTimeout || error == .writeTimeout {
            throw EgressError(.timeout, "there was no answer within \(request.timeout)")
        } catch {
            throw EgressError(.unreachable, "nobody answers there: \(error)")
        }
    }
}
