// Reads the sections of components, key by key. References to other components are checked once all are known.

import OffstageCore

extension BoxfileReader {
    mutating func readData(_ name: ComponentName, _ known: [String: YAMLEntry], at place: BoxfilePlace) {
        guard let node = known["image"]?.value, let written = text(node, "image of \(name)"),
            let image = value(written, "image of \(name)", at: node.place, make: DataImage.init)
        else { return }
        if let tag = image.tag, tag != "latest", image.service != .storage {
            note(
                "\(name) runs the machine's own \(image.program), whatever its version; \(tag) is not looked for",
                at: node.place)
        }
        data.append(DataComponent(name: name, place: place, image: image))
    }

    mutating func readCode(_ name: ComponentName, _ known: [String: YAMLEntry], at place: BoxfilePlace) {
        var component = CodeComponent(name: name, place: place)
        if let node = known["start"]?.value { component.processes = processes(node, name) }
        if let node = known["cwd"]?.value, let path = path(node, "cwd of \(name)") {
            component.workingDirectory = path == "." ? nil : path
        }
        if let node = known["env"]?.value {
            component.variables = variables(node, name.description, mayNamePort: name.kind == .worker)
        }
        if let node = known["log_watch"]?.value { component.watchedLogs = watchedLogs(node, name) }
        if let node = known["stop_timeout"]?.value, let written = text(node, "stop_timeout of \(name)") {
            let range = CodeComponent.stopTimeoutRange
            let make = { (text: String) throws(BoxfileValueError) in try BoxfileUnits.seconds(text, in: range) }
            if let seconds = value(written, "stop_timeout of \(name)", at: node.place, make: make) {
                component.stopTimeout = .seconds(seconds)
            }
        }
        if let node = known["scale"]?.value {
            component.scale = integer(node, "scale of \(name)", in: CodeComponent.scaleRange) ?? 1
        }
        if let node = known["limits"]?.value { component.limits = limits(node, name) }
        if let node = known["routes"]?.value {
            routed.insert(name)
            component.routes = routes(node, name)
        }
        if let node = known["network_dirs"]?.value { component.networkFolders = networkFolders(node, name) }
        components.append(component)
    }

    private mutating func processes(_ node: YAMLNode, _ name: ComponentName) -> [CodeComponent.Process] {
        let named: [(name: String?, node: YAMLNode)]
        switch node.content {
        case .scalar: named = [(nil, node)]
        case .sequence(let items): named = items.enumerated().map { ("\($0.offset + 1)", $0.element) }
        case .mapping(let entries):
            for entry in entries where !ComponentName.isWellFormed(entry.key) {
                let shown = Names.quoted(entry.key)
                error("\(shown) cannot name a process of \(name); \(ComponentName.shape)", at: entry.place)
            }
            named = entries.map { ($0.key, $0.value) }
        }
        let most = CodeComponent.mostProcesses
        guard (1...most).contains(named.count) else {
            error("start of \(name) has \(named.count) commands; it needs 1 to \(most)", at: node.place)
            return []
        }
        return named.compactMap { item in
            let what = item.name.map { "start \($0) of \(name)" } ?? "start of \(name)"
            guard let command = text(item.node, what) else { return nil }
            guard command.contains(where: { !$0.isWhitespace }) else {
                error("\(what) is empty; give it a command", at: item.node.place)
                return nil
            }
            return CodeComponent.Process(name: item.name, command: command, place: item.node.place)
        }
    }

    private mutating func watchedLogs(_ node: YAMLNode, _ name: ComponentName) -> [CodeComponent.WatchedLog] {
        guard let entries = map(node, "log_watch of \(name)") else { return [] }
        return entries.compactMap { entry in
            let what = "log_watch \(Names.quoted(entry.key)) of \(name)"
            guard (1...64).contains(entry.key.count), entry.key.unicodeScalars.allSatisfy({ $0.value > 31 }) else {
                error("\(what) must have a name of 1 to 64 characters", at: entry.place)
                return nil
            }
            guard let path = path(entry.value, what) else { return nil }
            return CodeComponent.WatchedLog(name: entry.key, path: path, place: entry.place)
        }
    }

    private mutating func limits(_ node: YAMLNode, _ name: ComponentName) -> ComponentLimits {
        var limits = ComponentLimits()
        guard let entries = map(node, "limits of \(name)") else { return limits }
        let known = understood(entries, of: .limits, in: "limits of \(name)")
        if let node = known["memory"]?.value, let written = text(node, "memory of \(name)") {
            limits.memoryBytes = value(written, "memory of \(name)", at: node.place, make: BoxfileUnits.bytes)
        }
        if let node = known["cpu_share"]?.value {
            limits.cpuShare = integer(node, "cpu_share of \(name)", in: ComponentLimits.cpuShareRange)
        }
        if let node = known["open_files"]?.value {
            limits.openFiles = integer(node, "open_files of \(name)", in: ComponentLimits.openFilesRange)
        }
        return limits
    }

    private mutating func routes(_ node: YAMLNode, _ name: ComponentName) -> [Route] {
        guard let items = list(node, "routes of \(name)") else { return [] }
        return items.compactMap { item in
            guard let written = text(item, "a route of \(name)") else { return nil }
            let place = item.place
            let make = { (text: String) throws(BoxfileValueError) in try Route(text, place: place) }
            return value(written, "a route of \(name)", at: place, make: make)
        }
    }

    private mutating func networkFolders(_ node: YAMLNode, _ name: ComponentName) -> [CodeComponent.NetworkFolders] {
        guard let entries = map(node, "network_dirs of \(name)") else { return [] }
        var taken: [(path: String, place: BoxfilePlace)] = []
        return entries.compactMap { entry in
            guard let storage = ComponentName(entry.key), storage.kind == .data else {
                let shown = Names.quoted(entry.key)
                error(
                    "network_dirs of \(name) names \(shown); it needs a storage component: data.NAME", at: entry.place)
                return nil
            }
            guard let items = list(entry.value, "network_dirs \(storage) of \(name)") else { return nil }
            let folders = items.compactMap { item -> String? in
                guard let folder = folder(item, "a folder of network_dirs of \(name)") else { return nil }
                let inside = { (one: String, other: String) in one == other || one.hasPrefix(other + "/") }
                if let other = taken.first(where: { inside($0.path, folder) || inside(folder, $0.path) }) {
                    let relation = other.path == folder ? "is" : "overlaps with"
                    let shown = Names.quoted(folder)
                    error(
                        "folder \(shown) of \(name) \(relation) the one at \(other.place); share it once",
                        at: item.place)
                    return nil
                }
                taken.append((folder, item.place))
                return folder
            }
            return CodeComponent.NetworkFolders(storage: storage, folders: folders, place: entry.place)
        }
    }
}
