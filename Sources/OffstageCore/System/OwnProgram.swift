// What this process needs to start its own program again, as a child.

import OffstageSystem

/// The program that this process runs.
package enum OwnProgram {
    /// The path of the very file that this process runs, even if another file has its name by now.
    package static var path: String {
        #if os(Linux)
            var name = [CChar](repeating: 0, count: 4096)
            var own = stat()
            var named = stat()
            // Use the name if it still names this file, so that a child has the same name as its parent.
            guard readlink("/proc/self/exe", &name, name.count - 1) > 0, stat("/proc/self/exe", &own) == 0,
                stat(name, &named) == 0,
                own.st_dev == named.st_dev, own.st_ino == named.st_ino
            else { return "/proc/self/exe" }
            return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #else
            return CommandLine.arguments.first ?? ""
        #endif
    }

    /// Calls `body` with words in the form that exec takes: C strings, followed by a null pointer.
    package static func withWords<Result>(
        _ words: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: words.count + 1)
        copies.initialize(repeating: nil, count: words.count + 1)
        for (index, word) in words.enumerated() { copies[index] = strdup(word) }
        defer {
            for index in words.indices { free(copies[index]) }
            copies.deallocate()
        }
        return body(copies)
    }
}
