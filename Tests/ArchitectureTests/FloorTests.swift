import Testing

/// A module imports only from floors below its own, or from its own floor where the design says so.
@Suite("The floors of the house")
struct FloorTests {
    static let libraries = Set(House.modules(of: "Libraries"))
    static let platform = Set(House.modules(of: "Platform"))
    static let faces = Set(House.modules(of: "Faces"))
    static let systems = Set(House.modules(of: "Systems"))

    /// What a module of the platform may import of its own floor: each the ones before it, as DESIGN.md lists them.
    static let platformOrder = ["CityModel", "CityStorage", "CityIdentity", "CityContext", "CityPath"]

    /// Faces that others of the same floor are built with: the program composes all, the API serves the console.
    static let facesBelow: [String: Set<String>] = ["bastide": faces, "HTTPAPI": ["WebConsole"]]

    @Test("there is something to look at")
    func sourcesAreFound() {
        #expect(House.sources.count > 100)
        #expect(FloorTests.platform == Set(FloorTests.platformOrder))
        #expect(House.sources.allSatisfy { ["Libraries", "Platform", "Faces"].contains($0.floor) })
    }

    @Test("libraries know nothing of Bastide: no module of the floors above, no word of the city's model")
    func libraries() {
        for file in House.sources where file.floor == "Libraries" {
            let above = FloorTests.platform.union(FloorTests.faces).intersection(file.imports)
            #expect(above.isEmpty, "\(file.path) imports \(above.sorted())")
        }
    }

    @Test("systems are module maps and headers for C libraries, without Swift, and no face imports them")
    func systems() {
        #expect(House.sources.allSatisfy { $0.floor != "Systems" })
        for module in FloorTests.systems {
            #expect(House.exists("Sources/Systems/\(module)/module.modulemap"), "\(module)")
        }
        for file in House.sources where file.floor == "Faces" {
            let wrong = FloorTests.systems.intersection(file.imports)
            #expect(wrong.isEmpty, "\(file.path) imports \(wrong.sorted())")
        }
    }

    @Test("the platform imports libraries and the modules of its own floor that stand before it")
    func platform() throws {
        for file in House.sources where file.floor == "Platform" {
            let place = try #require(FloorTests.platformOrder.firstIndex(of: file.module), "\(file.path)")
            let allowed = Set(FloorTests.platformOrder.prefix(place))
            let wrong = FloorTests.platform.union(FloorTests.faces).intersection(file.imports).subtracting(allowed)
            #expect(wrong.isEmpty, "\(file.path) imports \(wrong.sorted())")
        }
    }

    @Test("the city's words import nothing, not even Foundation")
    func vocabulary() {
        for file in House.sources where file.module == "CityModel" {
            #expect(file.imports.isEmpty, "\(file.path) imports \(file.imports)")
        }
    }

    @Test("the platform opens no socket and speaks no protocol")
    func noSockets() {
        let forbidden = ["NIO", "Hummingbird", "HTTP", "AsyncHTTPClient", "MQTT", "Mustache", "ServiceLifecycle"]
        for file in House.sources where file.floor == "Platform" {
            for name in file.imports where forbidden.contains(where: { name.hasPrefix($0) }) {
                Issue.record("\(file.path) imports \(name)")
            }
        }
    }

    @Test("SQL stays in the store, encodings of certificates and geometries in their library, passwords in identity")
    func engines() {
        let homes = [
            "GRDB": ["CityStorage"], "X509": ["PKI"], "SwiftASN1": ["PKI"], "CryptoExtras": ["CityIdentity"],
            "CGEOS": ["Geometry"],
        ]
        for file in House.sources {
            for name in file.imports {
                guard let home = homes[name] else { continue }
                #expect(home.contains(file.module), "\(file.path) imports \(name)")
            }
        }
    }

    @Test("a face imports no other face, but the program that composes them and the API that serves the console")
    func faces() {
        for file in House.sources where file.floor == "Faces" {
            let others = FloorTests.faces.intersection(file.imports).subtracting([file.module])
            let wrong = others.subtracting(FloorTests.facesBelow[file.module] ?? [])
            #expect(wrong.isEmpty, "\(file.path) imports \(wrong.sorted())")
        }
    }

    @Test("every module's folder is in the manifest, and every module has tests")
    func manifest() {
        let modules = FloorTests.systems.union(FloorTests.libraries).union(FloorTests.platform).union(FloorTests.faces)
        for module in modules {
            #expect(House.manifest.contains("\"\(module)\""), "\(module) is not in Package.swift")
        }
        let tested = Set(House.tests.compactMap { $0.path.split(separator: "/").dropFirst().first.map(String.init) })
        for module in FloorTests.libraries.union(FloorTests.platform) {
            #expect(tested.contains(module + "Tests"), "\(module) has no tests")
        }
    }
}
