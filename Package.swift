// swift-tools-version: 6.1
// The house, from the ground up. A target depends only on floors below it, or on its own floor where it is named here;
// `Tests/ArchitectureTests` reads the sources and holds them to it.

import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests are built beside the program in release configuration, but not optimised: they wait for other programs, and the
/// optimiser of Swift 6.3.1 stops with an internal error on some of their closures.
let tested: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Libraries/\(name)", resources: resources,
        swiftSettings: strict)
}

func platform(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Platform/\(name)", resources: resources,
        swiftSettings: strict)
}

func face(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Faces/\(name)", resources: resources,
        swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, path: "Tests/\(name)Tests",
        exclude: exclude, swiftSettings: tested)
}

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let swiftASN1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")

let package = Package(
    name: "bastide",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "bastide", targets: ["bastide"]),
        // For the package Fuzzing.
        .library(name: "FuzzProperties", targets: ["FuzzProperties"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.81.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.29.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.5.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.0.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.25.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
        // Systems: module maps for C libraries.
        .systemLibrary(
            name: "CGEOS", path: "Sources/Systems/CGEOS", pkgConfig: "geos", providers: [.apt(["libgeos-dev"])]),

        // Libraries: know nothing of Bastide.
        library("JSONBytes"),
        library("Geometry", ["CGEOS", "JSONBytes"]),
        library("TimeSeries"),
        library("Detection"),
        library("MQTTPackets", [nioCore]),
        library("MQTTSessions", ["MQTTPackets", nioCore]),
        library("MQTTTransport", [nioCore, nioHTTP1, .product(name: "NIOWebSocket", package: "swift-nio")]),
        library("MQTTClient", ["MQTTPackets", nioCore, nioPosix, nioSSL]),
        library("MQTTBridge", ["MQTTPackets", nioCore]),
        library("TransparencyLog", [crypto]),
        library("PKI", [crypto, x509, swiftASN1]),
        library("NGSILD", ["JSONBytes"]),
        library("SparkplugB"),

        // Platform: the city's ground.
        platform("CityModel"),
        platform("CityStorage", ["CityModel", "JSONBytes", "TimeSeries", "TransparencyLog", grdb]),
        platform("CityIdentity", ["CityModel", "CityStorage", "PKI", crypto, cryptoExtras]),
        platform("CityContext", ["CityModel", "CityStorage", "NGSILD", "Geometry", "TimeSeries", "JSONBytes"]),
        platform(
            "CityPath",
            [
                "CityModel", "CityStorage", "CityIdentity", "CityContext", "Detection", "JSONBytes", "NGSILD",
                "SparkplugB", "TransparencyLog", logging, yams, crypto,
            ], resources: [.copy("Resources/catalogue.yaml"), .copy("Resources/payloads.yaml")]),

        // Faces: what people and machines touch.
        face(
            "MQTTListener",
            [
                "CityModel", "CityStorage", "CityIdentity", "CityContext", "CityPath", "JSONBytes", "MQTTPackets",
                "MQTTSessions", "MQTTTransport", "MQTTBridge", "MQTTClient", "PKI", nioCore,
                nioPosix,
                nioSSL, logging, lifecycle,
            ]),
        face(
            "WebConsole", [.product(name: "Mustache", package: "swift-mustache")],
            resources: [.copy("Resources/templates"), .copy("Resources/static")]),
        face("DemoCity", ["JSONBytes"]),
        face(
            "EgressClient",
            ["CityContext", "NGSILD", "MQTTClient", "MQTTPackets", httpClient, nioCore, nioPosix, nioSSL, nioHTTP1]),
        face(
            "HTTPAPI",
            [
                "CityModel", "CityIdentity", "CityPath", "CityContext", "CityStorage", "NGSILD", "Geometry",
                "JSONBytes", "PKI",
                "TimeSeries", "TransparencyLog", "WebConsole", hummingbird, lifecycle, logging, crypto, yams, nioCore,
                nioPosix, nioSSL, .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
            ], resources: [.copy("Resources/openapi.yaml")]),
        .executableTarget(
            name: "bastide",
            dependencies: [
                "CityModel", "CityStorage", "CityIdentity", "CityPath", "CityContext", "MQTTListener", "HTTPAPI",
                "EgressClient", "WebConsole", "DemoCity", "MQTTBridge", "MQTTClient", "MQTTPackets", "TransparencyLog",
                "Detection",
                "PKI",
                "JSONBytes", lifecycle, unixSignals, logging, httpClient, yams, nioCore, nioPosix, nioSSL,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], path: "Sources/Faces/bastide", swiftSettings: strict),

        tests("JSONBytes"),
        tests("Geometry", ["JSONBytes"]),
        tests("TimeSeries"),
        tests("Detection"),
        .target(
            name: "FuzzProperties", dependencies: ["MQTTPackets", "SparkplugB", nioCore], path: "Tests/FuzzProperties",
            exclude: ["Inputs"], swiftSettings: strict),
        tests("MQTTPackets", ["FuzzProperties", nioCore]),
        tests("MQTTSessions", ["MQTTPackets", nioCore]),
        tests(
            "MQTTTransport",
            [
                nioCore, nioHTTP1, .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        tests("MQTTClient", ["MQTTPackets", nioCore, nioPosix, nioSSL]),
        tests("MQTTBridge", ["MQTTPackets", "MQTTSessions", nioCore]),
        tests("TransparencyLog", [crypto], exclude: ["Judge"]),
        tests("PKI", [crypto, x509, swiftASN1]),
        tests("NGSILD", ["JSONBytes"]),
        tests("EgressClient", ["CityContext"]),
        tests("SparkplugB", exclude: ["Vectors"]),
        tests("DemoCity"),
        tests("WebConsole"),
        tests("CityModel"),
        tests("CityStorage", ["CityModel", "JSONBytes", "TimeSeries", "TransparencyLog", grdb]),
        tests("CityIdentity", ["CityModel", "CityStorage", "PKI"]),
        tests("CityContext", ["CityModel", "CityStorage", "JSONBytes", "NGSILD"]),
        tests(
            "CityPath",
            [
                "CityModel", "CityStorage", "CityIdentity", "CityContext", "JSONBytes", "PKI", "SparkplugB",
                "TimeSeries", "TransparencyLog", logging, grdb,
            ]),
        tests(
            "HTTPAPI",
            [
                "CityModel", "CityStorage", "CityIdentity", "CityContext", "CityPath", "JSONBytes", "PKI",
                "TransparencyLog",
                httpClient, lifecycle, logging, yams, nioCore, nioSSL, .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        .testTarget(name: "ArchitectureTests", path: "Tests/ArchitectureTests", swiftSettings: tested),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "bastide", "CityIdentity", "CityModel", "CityStorage", "JSONBytes", "MQTTClient", "MQTTPackets",
                "SparkplugB", "TimeSeries", "TransparencyLog", nioCore, nioPosix, nioSSL,
            ], path: "Tests/IntegrationTests", swiftSettings: tested),
        .testTarget(
            name: "CommandLineTests", dependencies: ["bastide"], path: "Tests/CommandLineTests", swiftSettings: tested),
    ]
)
