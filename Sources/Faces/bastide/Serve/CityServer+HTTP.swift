import ServiceLifecycle

extension CityServer {
    func http() -> any Service { readiness.listens(https: 0, laboratoryHTTP: nil); return Idle() }
}
private struct Idle: Service { func run() async throws { try await gracefulShutdown() } }
