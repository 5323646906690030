import Foundation

/// Certificates that the city would never issue, made with OpenSSL and the city's own keys.
enum ForgedCertificates {
    static let path = "/usr/bin/openssl"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

    /// What is wrong with a certificate, or nothing.
    struct Recipe: Sendable {
        var notBefore = "20240101000000Z"
        var notAfter = "20400101000000Z"
        /// The subject alternative names, in OpenSSL's words.
        var names: String?
        var extendedKeyUsage = "clientAuth"
    }

    /// Makes a key and a certificate of it, signed by the city's issuing authority.
    ///
    /// - Parameters:
    ///   - recipe: What the certificate says.
    ///   - city: Whose authority signs it.
    ///   - name: The folder for it, beside the city.
    /// - Returns: The credentials.
    /// - Throws: When openssl fails.
    static func make(_ recipe: Recipe, by city: TestCity, _ name: String) async throws -> Credentials {
        let folder = city.scratch(name)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let credentials = Credentials(folder: folder, stem: "forged")
        let (database, settings, request) = ("\(folder)/index", "\(folder)/ca.conf", "\(folder)/request")
        try Data().write(to: URL(filePath: database))
        try Data(configuration(recipe, folder).utf8).write(to: URL(filePath: settings))
        try await run([
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
            "/O=city/CN=forged",
            "-keyout", credentials.key, "-out", request,
        ])
        try await run([
            "ca", "-batch", "-notext", "-config", settings, "-cert", "\(city.path)/pki/issuing.crt", "-keyfile",
            "\(city.path)/pki/issuing.key", "-startdate", recipe.notBefore, "-enddate", recipe.notAfter, "-in", request,
            "-out", credentials.certificate,
        ])
        var chain = try String(contentsOfFile: credentials.certificate, encoding: .utf8)
        chain += try String(contentsOfFile: "\(city.path)/pki/issuing.crt", encoding: .utf8)
        try Data(chain.utf8).write(to: URL(filePath: credentials.certificate))
        try FileManager.default.copyItem(atPath: "\(city.path)/pki/root.crt", toPath: credentials.authority)
        return credentials
    }

    private static func configuration(_ recipe: Recipe, _ folder: String) -> String {
        """
        [ca]
        default_ca = forger
        [forger]
        database = \(folder)/index
        new_certs_dir = \(folder)
        rand_serial = yes
        default_md = sha256
        policy = any
        x509_extensions = extensions
        [any]
        organizationName = optional
        commonName = optional
        [extensions]
        basicConstraints = critical, CA:FALSE
        keyUsage = critical, digitalSignature
        extendedKeyUsage = \(recipe.extendedKeyUsage)
        authorityKeyIdentifier = keyid
        subjectKeyIdentifier = hash
        \(recipe.names.map { "subjectAltName = \($0)" } ?? "")
        """
    }

    private static func run(_ arguments: [String]) async throws {
        let outcome = try await ChildProcess.run(path, arguments)
        guard outcome.exited(0) else { throw Failure("openssl \(arguments[0]): \(outcome.errors)") }
    }
}
