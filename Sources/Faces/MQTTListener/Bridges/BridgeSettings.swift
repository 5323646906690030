public import MQTTBridge
public import MQTTPackets

/// A bridge to another broker, as the city's configuration has it.
public struct BridgeSettings: Sendable, Equatable {
    /// How TLS is spoken with the remote broker.
    public struct TLS: Sendable, Equatable {
        /// The roots to trust, PEM; nil for those of the system.
        public var authorityFile: String?
        /// The bridge's own certificate chain and key, PEM, where the broker wants one.
        public var identity: Identity?
        /// The name that the broker's certificate must bear; nil for the host of the address.
        public var serverName: String?

        /// A certificate and its key.
        public struct Identity: Sendable, Equatable {
            /// The chain, the bridge's own certificate first.
            public var certificateFile: String
            /// The key.
            public var keyFile: String

            /// An identity.
            public init(certificateFile: String, keyFile: String) {
                self.certificateFile = certificateFile
                self.keyFile = keyFile
            }
        }

        /// TLS with the system's roots and without a certificate, unless said otherwise.
        public init(authorityFile: String? = nil, identity: Identity? = nil, serverName: String? = nil) {
            self.authorityFile = authorityFile
            self.identity = identity
            self.serverName = serverName
        }
    }

    /// A user name and the file in which its password is.
    public struct Login: Sendable, Equatable {
        /// The user name.
        public var userName: String
        /// A file with the password alone; nil for none. One line break at its end is not part of it.
        public var passwordFile: String?

        /// A login.
        public init(userName: String, passwordFile: String? = nil) {
            self.userName = userName
            self.passwordFile = passwordFile
        }
    }

    /// Names the bridge: in logs, in records, in `$SYS/broker/connection/<name>/state`.
    public var name: String
    /// The remote broker.
    public var address: MQTTSettings.Address
    /// How TLS is spoken; nil for not at all.
    public var tls: TLS?
    /// How the bridge signs in; nil for no user name.
    public var login: Login?
    /// The edition spoken with the remote broker.
    public var version: ProtocolVersion
    /// Names the session that the remote broker keeps for the bridge.
    public var clientIdentifier: String
    /// The longest silence on the link.
    public var keepAliveSeconds: UInt16
    /// Which topics go where.
    public var plan: BridgePlan
    /// Marks what leaves the city; the same for all of its bridges.
    public var mark: HopMark

    /// A bridge with the usual keep-alive, a minute.
    public init(
        name: String, address: MQTTSettings.Address, tls: TLS?, login: Login? = nil, version: ProtocolVersion = .v5,
        clientIdentifier: String, keepAliveSeconds: UInt16 = 60, plan: BridgePlan, mark: HopMark
    ) {
        self.name = name
        self.address = address
        self.tls = tls
        self.login = login
        self.version = version
        self.clientIdentifier = clientIdentifier
        self.keepAliveSeconds = keepAliveSeconds
        self.plan = plan
        self.mark = mark
    }
}
