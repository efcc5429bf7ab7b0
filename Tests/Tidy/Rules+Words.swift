// What must not be in any file of the package: places of the machine it was written on, and hosts that packages come
// from. The words are put together from halves here, so that this file passes its own rule.

import Foundation

extension Rules {
    private static let hosts = [
        "deb" + ".debian.org", "security" + ".debian.org", "py" + "pi.org", "registry.npm" + "js.org", "crates" + ".io",
        "proxy.golang" + ".org", "repo.maven" + ".apache.org", "nuget" + ".org", "ghcr" + ".io",
    ]

    static func words(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            if let host = hosts.first(where: { line.contains($0) }) {
                return Finding(path: file.path, line: index + 1, message: "names the registry host \(host)")
            }
            if line.contains(#/(^|[^\w.\-/}*])/(root|work|home/[a-z]+|Users/[A-Za-z]+|tmp/off)/\w/#) {
                return Finding(path: file.path, line: index + 1, message: "names a place of one machine")
            }
            return nil
        }
    }
}
