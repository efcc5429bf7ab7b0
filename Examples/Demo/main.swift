// The demo that `make demo` runs. Director.swift has the sequence of events, Newsletter.swift and Thumbnails.swift the
// jobs, and WebComponent.swift and WorkerComponent.swift the two sides.

import Foundation

exit(await Demo.main(Array(CommandLine.arguments.dropFirst())))
