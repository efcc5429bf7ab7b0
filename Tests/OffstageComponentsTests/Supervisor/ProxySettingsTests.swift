// The proxy's settings: which request goes where, as HAProxy itself reads them.
import Foundation
import OffstageSystem
import Testing

@testable import OffstageComponents

@Suite("the proxy's settings")
struct ProxySettingsTests {
    private let boxfile = """
        web.main: { start: a, routes: ["/", "/admin"] }
        web.api: { start: b, routes: ["api:/", "/admin/deep", "api.example.org:/v1"] }
        """

    @Test("hosts come before no host, longer paths before shorter, and only whole segments match")
    func order() throws {
        let text = ProxySettings.text(try Boxfile.parse(boxfile).webs, address: "", port: 8080, page: "503.http")
        let backends = text.split(separator: "\n").filter { $0.contains("use_backend") }.map { $0.dropFirst(14) }
        #expect(
            backends == [
                "web.api if { req.hdr(host),field(1,:),lower -m str 'api.example.org' } { path -m str '/v1' }",
                "web.api if { req.hdr(host),field(1,:),lower -m str 'api.example.org' } { path -m beg '/v1/' }",
                "web.api if { req.hdr(host),lower -m beg 'api.' }", "web.api if { path -m str '/admin/deep' }",
                "web.api if { path -m beg '/admin/deep/' }", "web.main if { path -m str '/admin' }",
                "web.main if { path -m beg '/admin/' }", "web.main",
            ])
    }

    @Test("a port that cannot be used is reported with the right reason")
    func reasons() throws {
        var options = SupervisorOptions()
        options.port = 80
        #expect(Proxy.words(EADDRINUSE, options) == "port 80 is in use; name another with --port")
        #expect(Proxy.words(EACCES, options).hasPrefix("port 80 is not for this user to listen at"))
        // An address that is reserved for documentation.
        options.address = "192.0.2.1"
        options.port = try LocalPort.free()
        let told = "192.0.2.1 is no address of this machine; name another with --port"
        #expect(throws: ComponentError(told)) { try Proxy.checkPort(options) }
        for address in ["", "*", "localhost", "127.0.0.1", "not.looked.up"] {
            options.address = address
            #expect(throws: Never.self) { try Proxy.checkPort(options) }
        }
    }

    @Test("HAProxy's reports of what it was told to do are dropped, and nothing else")
    func noise() {
        let expected = [
            "[WARNING]  (7) : Server web.main/s1 is UP/READY (leaving forced maintenance).",
            "[WARNING]  (7) : Server web.main/s1 is going DOWN for maintenance. 1 active and 0 backup servers left.",
            "[WARNING]  (7) : Proxy web.main stopped (cumulated conns: FE: 0, BE: 0).",
        ]
        #expect(expected.allSatisfy(Proxy.isNoise))
        let told = [
            "[WARNING]  (7) : Server web.main/s1 is DOWN, reason: Layer4 connection problem, check duration: 0ms.",
            "[ALERT]    (7) : backend 'web.main' has no server available!",
            "[ALERT]    (7) : Binding [haproxy.cfg:18] for frontend outside: cannot bind socket",
        ]
        #expect(!told.contains(where: Proxy.isNoise))
    }

    @Test("HAProxy accepts them", .enabled(if: FileManager.default.fileExists(atPath: "/usr/sbin/haproxy")))
    func taken() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-proxy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let webs = try Boxfile.parse(boxfile).webs
        try Data(ProxySettings.page.utf8).write(to: folder.appending(path: "503.http"))
        for (name, text) in [
            ("steered", ProxySettings.text(webs, address: "127.0.0.1", port: 8080, page: "503.http")),
            ("fixed", ProxySettings.text(webs, address: "", port: 8080, page: nil) { _ in [18_100, 18_101] }),
        ] {
            try Data(text.utf8).write(to: folder.appending(path: name))
            let check = Process()
            check.executableURL = URL(filePath: "/usr/sbin/haproxy")
            check.arguments = ["-c", "-f", name]
            check.currentDirectoryURL = folder
            let pipe = Pipe()
            check.standardError = pipe
            check.standardOutput = pipe
            try check.run()
            let told = try pipe.fileHandleForReading.readToEnd() ?? Data()
            check.waitUntilExit()
            #expect(check.terminationStatus == 0, "\(name): \(String(decoding: told, as: UTF8.self))")
        }
    }
}
