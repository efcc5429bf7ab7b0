// A headless Chromium for one test. chromedriver drives it on a free port of 127.0.0.1, with a temporary profile that
// is deleted with it. chromedriver runs under a keeper, so even a SIGKILL of the tests leaves no browser behind.
// Chromium's sandbox does not run as root, so it is off for root; the browser only opens this package's own pages.

import Foundation
import OffstageCore
import OffstageTesting
import RedisServers

/// A browser that a test starts and ends.
struct Browser: Sendable {
    let page: WebDriver
    private let driver: KeptProcess
    private let scratch: ScratchDirectory

    /// Starts the browser. Throws `BrowserError`, which names what to install if there is no browser.
    static func start() async throws -> Browser {
        let chromium = try program("chromium", package: "chromium")
        let driver = try program("chromedriver", package: "chromium-driver")
        let scratch = try ScratchDirectory(onDisk: true)
        let port = try FreePort.take()
        let process = try KeptProcess(
            [driver, "--port=\(port)", "--log-level=WARNING"], log: scratch.file("chromedriver.log"))
        guard await TestSignal.holds(within: .seconds(30), { process.isOver || process.log.contains("successfully") }),
            !process.isOver
        else {
            throw BrowserError(description: "chromedriver does not start: \(process.log.suffix(400))")
        }
        var arguments = [
            "--headless=new", "--user-data-dir=\(scratch.file("profile"))", "--window-size=1200,900", "--no-first-run",
            "--disable-background-networking", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server",
        ]
        if getuid() == 0 { arguments.append("--no-sandbox") }
        let page = try await WebDriver(port: port, arguments: arguments, binary: chromium)
        return Browser(page: page, driver: process, scratch: scratch)
    }

    /// Ends the browser and waits until it has exited.
    func end() async {
        await page.quit()
        driver.signal(SIGTERM)
        _ = try? await driver.ends()
    }

    private static func program(_ name: String, package: String) throws -> String {
        let listed = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        let places = (listed + ["/usr/bin"]).map { "\($0)/\(name)" }
        guard let place = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw BrowserError(
                description: "\(name) is not installed, and this test drives a real browser: apt-get install \(package)"
            )
        }
        return place
    }
}
