extension SPIFFEID {
    /// Who is named, by the form of the path.
    public enum Role: Hashable, Sendable {
        /// `/agency/<agency>/device/<id>`
        case device(agency: String, id: String)
        /// `/agency/<agency>/operator/<name>`
        case `operator`(agency: String, name: String)
        /// A path of another form, or none.
        case other
    }

    /// Names a device: `spiffe://<trust domain>/agency/<agency>/device/<id>`.
    ///
    /// - Parameters:
    ///   - id: The device.
    ///   - agency: The agency that owns it.
    ///   - trustDomain: The trust domain.
    /// - Returns: The SPIFFE ID.
    /// - Throws: The first rule that a part breaks.
    public static func device(_ id: String, agency: String, trustDomain: String) throws(SPIFFEIDError) -> SPIFFEID {
        try SPIFFEID(trustDomain: trustDomain, path: ["agency", agency, "device", id])
    }

    /// Names an operator: `spiffe://<trust domain>/agency/<agency>/operator/<name>`.
    ///
    /// - Parameters:
    ///   - name: The operator.
    ///   - agency: The agency for which they work.
    ///   - trustDomain: The trust domain.
    /// - Returns: The SPIFFE ID.
    /// - Throws: The first rule that a part breaks.
    public static func `operator`(
        _ name: String, agency: String, trustDomain: String
    ) throws(SPIFFEIDError) -> SPIFFEID {
        try SPIFFEID(trustDomain: trustDomain, path: ["agency", agency, "operator", name])
    }

    /// Who is named.
    public var role: Role {
        guard path.count == 4, path[0] == "agency" else { return .other }
        switch path[2] {
        case "device": return .device(agency: path[1], id: path[3])
        case "operator": return .operator(agency: path[1], name: path[3])
        default: return .other
        }
    }
}
