// The units for systemd, read by systemd's own checker.
import Foundation
import OffstageCore
import Testing

@testable import OffstageComponents

@Suite("export for systemd")
struct ExportTests {
    private let boxfile = """
        run.config: { env: { RATE: "50%", NOTE: 'say "$HOME"' } }
        web.main: { start: python3 -m http.server $PORT, routes: ["/"] }
        worker.main:
          start: sh -c 'echo 100%; sleep 5'
          scale: 2
          stop_timeout: 90s
          limits: { memory: 512M, open_files: 1024, cpu_share: 50 }
          network_dirs: { data.storage: [uploads] }
        data.queue: { image: redis }
        data.storage: { image: unfs }
        """

    private func files() throws -> (folder: String, files: [SystemdUnits.File]) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-units-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let units = try SystemdUnits(
            Boxfile.parse(boxfile), folders: AppFolders(app: folder), app: "shop", user: "daemon", port: 8080,
            basePort: 18_100, path: "/usr/bin:/bin")
        try units.makeFolders()
        return (folder, try units.files())
    }

    @Test("a worker's unit says what the kernel is to refuse, and has no port")
    func worker() throws {
        let (folder, files) = try files()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(
            files.map(\.name) == [
                "shop-data.queue.conf", "shop-data.queue.service", "shop-web.main.1.service",
                "shop-worker.main.1.service", "shop-worker.main.2.service", "shop-proxy.cfg", "shop-proxy.service",
                "shop.target",
            ])
        let worker = try #require(files.first { $0.name == "shop-worker.main.1.service" }).text
        for line in [
            "NoNewPrivileges=yes", "SystemCallFilter=~listen accept accept4 io_uring_setup", "ProtectSystem=strict",
            "MemoryMax=536870912", "LimitNOFILE=1024", "CPUWeight=50", "TimeoutStopSec=90", "Restart=always",
            #"Environment="DATA_QUEUE_PORT=18100""#, #"Environment="RATE=50%%""#,
            #"ExecStart=/bin/sh -c "sh -c 'echo 100%%; sleep 5'""#,
        ] {
            #expect(worker.split(separator: "\n").contains(Substring(line)), "\(line) is missing in \(worker)")
        }
        #expect(worker.contains("ReadWritePaths=\(folder)/.offstage/private/worker.main"))
        #expect(worker.contains(".offstage/storage/data.storage/uploads"))
        #expect(worker.contains("-\(folder)/.offstage/private/web.main"))
        #expect(!worker.contains("\"PORT="))
        #expect(files.first { $0.name == "shop-web.main.1.service" }?.text.contains("\"PORT=18101\"") == true)
    }

    @Test(
        "systemd has nothing to say", .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/systemd-analyze")))
    func verified() throws {
        let (folder, files) = try files()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try SystemdUnits.write(files, to: "\(folder)/units")
        let check = Process()
        check.executableURL = URL(filePath: "/usr/bin/systemd-analyze")
        check.arguments =
            ["verify", "--man=no"]
            + files.map(\.name).filter { !$0.hasSuffix("conf") && !$0.hasSuffix("cfg") }
            .map { "\(folder)/units/\($0)" }
        let pipe = Pipe()
        check.standardError = pipe
        check.standardOutput = pipe
        try check.run()
        let told = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        check.waitUntilExit()
        let ours = told.split(separator: "\n").filter { $0.contains("shop") }
        #expect(check.terminationStatus == 0 && ours.isEmpty, "\(told)")
    }
}
