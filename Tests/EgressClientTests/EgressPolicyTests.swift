import CityContext
import EgressClient
import Testing

@Suite("Where something may be sent")
struct EgressPolicyTests {
    @Test(
        "neither this machine nor the city's own network is reached, by whatever address",
        arguments: [
            "http://127.0.0.1/", "http://127.8.9.1:8080/x", "http://10.0.0.1/", "http://172.16.0.1/",
            "http://192.168.1.1/", "http://169.254.169.254/latest", "http://100.64.0.1/", "http://0.0.0.0/",
            "http://224.0.0.1/", "http://[::1]/", "http://[fc00::1]/", "http://[fe80::1]/", "http://[::ffff:10.0.0.1]/",
            "http://localhost/", "ftp://192.0.2.1/", "http:///x", "nonsense", "file:///etc/passwd",
        ])
    func privateAddresses(url: String) async {
        let egress = HTTPEgress(policy: EgressPolicy())
        let error = await #expect(throws: EgressError.self) { try await egress.send(EgressRequest("GET", url)) }
        #expect(error?.code == .forbidden, "\(url): \(error?.message ?? "")")
        await egress.close()
    }

    @Test("a closed policy lets out to hosts that are named alone")
    func closed() async {
        let egress = HTTPEgress(policy: EgressPolicy(allowedHosts: ["named.example"], isClosed: true))
        let error = await #expect(throws: EgressError.self) {
            try await egress.send(EgressRequest("GET", "http://192.0.2.1/"))
        }
        #expect(error?.code == .forbidden)
        await egress.close()
    }
}
