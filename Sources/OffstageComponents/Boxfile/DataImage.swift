// The known images, by their usual names.

import OffstageCore

/// The image of a data component: the program, and the version that the file names.
public struct DataImage: Sendable, Hashable, CustomStringConvertible {
    /// The kind of service.
    public let service: DataComponent.Service
    /// The program's name without owner and version: `redis`, `valkey`, `postgresql` or `unfs`.
    public let program: String
    /// The version after the colon, if there is one.
    public let tag: String?
    /// The image as it was written.
    public let description: String

    private static let programs: [(names: [String], program: String, service: DataComponent.Service)] = [
        (["redis"], "redis", .redis),
        (["valkey"], "valkey", .redis),
        (["postgresql", "postgres"], "postgresql", .postgresql),
        (["unfs", "storage", "nfs"], "unfs", .storage),
    ]
    /// The owners that an image may have; the name alone is enough.
    private static let owners = ["nanobox", "library", "docker.io/library", "valkey"]

    init(_ text: String) throws(BoxfileValueError) {
        let slash = text.lastIndex(of: "/")
        let owner = slash.map { String(text[..<$0]) }
        let rest = slash.map { text[text.index(after: $0)...] } ?? text[...]
        let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts.first ?? ""
        guard let known = Self.programs.first(where: { $0.names.contains(name) }),
            owner.map(Self.owners.contains) != false
        else {
            let nearest = NearestName.of(name, among: Self.programs.flatMap(\.names))
            let advice = nearest.map { "; did you mean \($0)?" } ?? ""
            throw BoxfileValueError(
                "is not known; known are redis, valkey, postgresql and unfs (a shared folder), as nanobox/… or alone"
                    + advice)
        }
        let tag = parts.count > 1 ? parts[1] : nil
        guard tag.map(Self.isTag) != false else {
            throw BoxfileValueError("has no version after its colon; write \(name):7 or \(name) alone")
        }
        program = known.program
        service = known.service
        self.tag = tag
        description = text
    }

    private static func isTag(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 45 || $0 == 46
                    || $0 == 95
            }
    }
}
