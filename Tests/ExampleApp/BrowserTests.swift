// The example app as its user sees it: a real browser uploads pictures and sends a newsletter, and the page shows the
// progress of the jobs as they run.

import Foundation
import OffstageCore
import OffstageTesting
import Testing

@Suite("the example app in a browser", .serialized, .timeLimit(.minutes(3)))
struct BrowserTests {
    /// Records each value that a progress bar takes, by the title above it. The file names and subjects in these tests
    /// contain markup: text that ran as a script or appeared as an element would be found too.
    private static let watch = """
        window.seen = {};
        window.images = () => [...document.querySelectorAll("#photographs li:first-child img")];
        new MutationObserver(changes => {
            for (const { target } of changes) {
                const title = target.getAttribute("aria-label");
                if (target.localName === "progress" && title) (seen[title] ??= []).push(target.value);
            }
        }).observe(document.querySelector("main"), { subtree: true, childList: true, attributes: true });
        """

    @Test("an uploaded picture shows progress while the worker processes it, and then its thumbnails")
    func picture() async throws {
        try await onStage { stage, page in
            let name = "a <img src=x onerror=alert(1)> & large one.jpg"
            try Picture.write(.jpeg, width: 7000, height: 5000, to: stage.file(name))
            try await page.run(Self.watch)
            try await stage.slowly {
                try await page.upload(stage.file(name))
                try await page.shows(
                    "three thumbnails", when: "images().length === 3 && images().every(i => i.naturalWidth)")
            }
            let widths = try await page.run("return images().map(i => i.naturalWidth)").items.map(\.integerValue)
            #expect(widths == [1280, 640, 160])
            #expect(try await page.text("#photographs .title") == name)
            #expect(try await page.text("#photographs .note") == "done")
            let seen = try await page.run("return seen[document.querySelector('#photographs .title').textContent]")
            let fractions = seen.items.compactMap(\.doubleValue)
            #expect(fractions.contains { $0 > 0 && $0 < 1 }, "progress was shown as \(fractions)")
            #expect(fractions == fractions.sorted())

            // A picture that is already smaller keeps its size.
            try Picture.write(.png, width: 300, height: 900, to: stage.file("small.png"))
            try await page.upload(stage.file("small.png"))
            try await page.shows("the second one", when: "images().length === 3 && images()[0].naturalWidth === 300")

            try Data("no picture".utf8).write(to: URL(filePath: stage.file("text.jpg")))
            try await page.upload(stage.file("text.jpg"))
            try await page.shows("failed: this is neither a JPEG nor a PNG picture", in: "#photographs .note")
            #expect(try await page.complaints() == [])
        }
    }

    @Test("a newsletter counts up until the mail server has accepted every subscriber's mail")
    func newsletter() async throws {
        try await onStage { stage, page in
            let subject = "Grüße <script>document.title = 'caught'</script> & more"
            try await page.run(Self.watch)
            try await page.type(subject, into: "#subject")
            try await page.type("Dear reader,\n.\nthis is all.", into: "#body")
            try await page.clear("#subscribers")
            try await page.type("300", into: "#subscribers")
            try await page.click("#newsletter-form button")

            try await page.shows("300 of 300 mails sent", in: "#newsletters .note")
            #expect(try await page.text("#newsletters .title") == subject)
            let seen = try await page.run("return seen[document.querySelector('#newsletters .title').textContent]")
            let fractions = seen.items.compactMap(\.doubleValue)
            #expect(fractions.contains { $0 > 0 && $0 < 1 }, "progress was shown as \(fractions)")
            #expect(fractions == fractions.sorted() && fractions.last == 1)

            let mails = try stage.mails()
            #expect(mails.count == 300)
            #expect(Set(mails.compactMap { $0.header("To") }).count == 300)
            #expect(mails.allSatisfy { $0.header("Subject")?.hasPrefix("=?UTF-8?B?") == true })
            #expect(mails.allSatisfy { $0.contains("\r\n\r\nDear reader,\r\n.\r\nthis is all.\r\n") })

            // Opening the page again shows the same, because everything comes from the store.
            try await page.open(stage.address)
            try await page.shows("300 of 300 mails sent", in: "#newsletters .note")
            #expect(try await page.run("return document.title").stringValue == "Newsletter and photographs")
            #expect(try await page.complaints() == [])
        }
    }

    private func onStage(_ act: (Stage, WebDriver) async throws -> Void) async throws {
        let stage = try await Stage.start()
        let browser = try await Browser.start()
        do {
            try await browser.page.open(stage.address)
            try await act(stage, browser.page)
        } catch {
            await browser.end()
            throw BrowserError(description: "\(error)\n\(stage.log)")
        }
        await browser.end()
        #expect(try await stage.end() == 0)
        #expect(stage.log.contains("everything is stopped"))
    }
}

extension WebDriver {
    fileprivate func upload(_ path: String) async throws {
        try await type(path, into: "#picture")
        try await click("#photograph-form button")
    }

    /// Waits until an expression is true in the page. Otherwise throws an error that contains what the page shows.
    fileprivate func shows(_ what: String, when expression: String) async throws {
        if try await TestSignal.holds(within: .seconds(60), { try await run("return \(expression)") == .bool(true) }) {
            return
        }
        let shown = try await run("return document.body.innerText").stringValue ?? ""
        throw BrowserError(description: "the page does not show \(what), but: \(shown)")
    }

    /// Waits until an element has this text.
    fileprivate func shows(_ text: String, in selector: String) async throws {
        try await shows(text, when: "document.querySelector('\(selector)')?.textContent === '\(text)'")
    }

    fileprivate func text(_ selector: String) async throws -> String? {
        try await run("return document.querySelector('\(selector)')?.textContent").stringValue
    }
}

extension String {
    /// The text of a header in a mail, if the header is on one line.
    fileprivate func header(_ name: String) -> String? {
        split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name): ") }.map {
            String($0.dropFirst(name.count + 2))
        }
    }
}
