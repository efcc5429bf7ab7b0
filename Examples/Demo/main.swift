// The demo, put on by `make demo`: see Director.swift for what happens, Newsletter.swift and Thumbnails.swift for the
// jobs, WebComponent.swift and WorkerComponent.swift for the two sides.

import Foundation

exit(await Demo.main(Array(CommandLine.arguments.dropFirst())))
