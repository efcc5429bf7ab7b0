// The newsletter-and-photographs app, one program for its two components. `web` serves the page. Everything else is
// Offstage's own command line with the app's jobs in it, so `work` is the worker, and `jobs`, `why` and the others
// inspect it.

import ExampleJobs
import Foundation
import Offstage
import OffstageCLI

let words = Array(CommandLine.arguments.dropFirst())
if words.first == "web" {
    exit(await WebComponent.main(Array(words.dropFirst())))
}
await OffstageMain.main(
    OffstageApp {
        Newsletter.self
        NewsletterMail.self
        Thumbnails.self
    })
