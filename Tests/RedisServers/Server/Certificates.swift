// Certificates made for one test: an authority, a server, a server with a wrong name, a client, and an authority that
// no server here trusts. The openssl program makes them in a tenth of a second, with elliptic-curve keys. They are
// valid for two days, so none is in the repository and none can expire there.
import Foundation
import OffstageCore
import OffstageTesting

/// Certificates and keys as PEM files, in a folder that is deleted with the last reference.
public final class Certificates: Sendable {
    /// A certificate and its key.
    public struct Pair: Sendable {
        /// The path of the certificate.
        public let certificate: String
        /// The path of the key.
        public let key: String
    }

    /// The path of the authority that signed all pairs.
    public let authority: String
    /// The path of an authority that signed none of them.
    public let stranger: String
    /// The pair for `localhost` and 127.0.0.1.
    public let server: Pair
    /// The pair for `elsewhere.invalid` only.
    public let misnamed: Pair
    /// The pair for clients.
    public let client: Pair
    private let folder: ScratchDirectory

    private init(_ folder: ScratchDirectory) {
        func pair(_ name: String) -> Pair {
            Pair(certificate: folder.file(name + ".pem"), key: folder.file(name + ".key"))
        }
        self.folder = folder
        authority = folder.file("authority.pem")
        stranger = folder.file("stranger.pem")
        server = pair("server")
        misnamed = pair("misnamed")
        client = pair("client")
    }

    /// Makes a set of certificates. Throws `ServerError` if openssl is missing or fails.
    public static func make() async throws -> Certificates {
        let folder = try ScratchDirectory()
        try configuration.write(toFile: folder.file("openssl.conf"), atomically: true, encoding: .utf8)
        for name in ["authority", "stranger"] { try await sign(name, "authority", by: nil, in: folder) }
        for name in ["server", "misnamed", "client"] { try await sign(name, name, by: "authority", in: folder) }
        return Certificates(folder)
    }

    private static func sign(
        _ name: String, _ section: String, by signer: String?, in folder: ScratchDirectory
    ) async throws {
        var arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256", "-days", "2",
            "-config", folder.file("openssl.conf"), "-extensions", section, "-subj", "/CN=\(name)",
            "-keyout", folder.file(name + ".key"), "-out", folder.file(name + ".pem"),
        ]
        if let signer {
            arguments += ["-CA", folder.file(signer + ".pem"), "-CAkey", folder.file(signer + ".key")]
        }
        try await Tool.openssl.run(arguments, in: folder.path)
    }

    /// Returns the host names and addresses in a certificate, as openssl prints them.
    public static func names(in pair: Pair) async throws -> String {
        let folder = try ScratchDirectory()
        return try await Tool.openssl.run(
            ["x509", "-in", pair.certificate, "-noout", "-ext", "subjectAltName"], in: folder.path)
    }

    private static let configuration = """
        [req]
        distinguished_name = names
        [names]
        [authority]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign, cRLSign
        subjectKeyIdentifier = hash
        [server]
        basicConstraints = CA:FALSE
        extendedKeyUsage = serverAuth, clientAuth
        subjectAltName = DNS:localhost, IP:127.0.0.1
        [misnamed]
        basicConstraints = CA:FALSE
        extendedKeyUsage = serverAuth
        subjectAltName = DNS:elsewhere.invalid
        [client]
        basicConstraints = CA:FALSE
        extendedKeyUsage = clientAuth
        """
}
