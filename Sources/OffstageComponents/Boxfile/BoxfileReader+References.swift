// The checks that need all parts: names that are too similar, missing storage components, requests that two web
// components claim, and variables that refer to each other in a circle.

import OffstageCore

extension BoxfileReader {
    mutating func checkReferences() {
        checkNames()
        checkStorage()
        checkRoutes()
        checkVariables()
    }

    /// Two components must not share a name in variables and folders.
    private mutating func checkNames() {
        var seen: [String: (name: ComponentName, place: BoxfilePlace)] = [:]
        for one in declared {
            guard let other = seen.updateValue(one, forKey: one.name.environmentPrefix) else { continue }
            error(
                "\(one.name) and \(other.name) at \(other.place) are one name where case, - and _ make no difference; "
                    + "rename one", at: one.place)
        }
    }

    private mutating func checkStorage() {
        for component in components {
            for shared in component.networkFolders {
                if let found = data.first(where: { $0.name == shared.storage }) {
                    guard found.service != .storage else { continue }
                    error(
                        "\(shared.storage) is no storage component, it runs \(found.image.program); "
                            + "network_dirs needs one with image: unfs", at: shared.place)
                } else if !declared.contains(where: { $0.name == shared.storage }) {
                    let names = data.filter { $0.service == .storage }.map(\.name.description)
                    let nearest = nearest(shared.storage.description, among: names)
                    let advice =
                        nearest.map { "did you mean \($0)?" } ?? "add \(shared.storage): with image: unfs"
                    error("\(shared.storage) is not in the file; \(advice)", at: shared.place)
                }
            }
        }
    }

    /// A single web component gets all requests. Several must each declare their own, and no two the same.
    private mutating func checkRoutes() {
        let webs = declared.filter { $0.name.kind == .web }
        var seen: [String: (route: Route, name: ComponentName)] = [:]
        for index in components.indices where components[index].name.kind == .web {
            let component = components[index]
            for route in component.routes {
                guard let other = seen.updateValue((route, component.name), forKey: route.description) else { continue }
                error(
                    "\(component.name) wants \(Names.quoted(route.description)), which \(other.name) has at "
                        + "\(other.route.place); one request goes to one component", at: route.place)
            }
            guard !routed.contains(component.name) else { continue }
            if webs.count == 1 {
                components[index].routes = [.all(at: component.place)]
            } else if let other = webs.first(where: { $0.name != component.name }) {
                error(
                    "\(component.name) has no routes, and \(other.name) is a web component too; "
                        + "say which requests are whose", at: component.place)
            }
        }
    }

    private mutating func checkVariables() {
        let owners = data.flatMap { one in one.variableNames.map { (variable: $0, owner: one.name) } }
        let sections =
            [("run.config", runConfig.variables), ("dev of run.config", runConfig.developmentVariables)]
            + components.map { ($0.name.description, $0.variables) }
        for (section, variables) in sections {
            for variable in variables {
                if let owner = owners.first(where: { $0.variable == variable.name })?.owner {
                    let text = "\(variable.name) in env of \(section) is set by \(owner); give yours another name"
                    error(text, at: variable.place)
                }
                for name in variable.references where name.hasPrefix("DATA_") {
                    checkDataReference(name, of: variable, known: owners.map(\.variable))
                }
            }
        }
        let layers =
            [[runConfig.developmentVariables, runConfig.variables]]
            + components.map { [runConfig.developmentVariables, $0.variables, runConfig.variables] }
        for layer in layers {
            var expansion = EnvironmentExpansion(layers: layer) { _ in "" }
            if let failure = expansion.firstFailure() { error(failure.text, at: failure.place) }
        }
    }

    /// Reports a misspelt reference to a data component. Any other name may come from the surroundings.
    private mutating func checkDataReference(_ name: String, of variable: EnvironmentVariable, known: [String]) {
        guard !known.contains(name), let nearest = nearest(name, among: known) else { return }
        let text = "\(variable.name) refers to ${\(name)}, which no data component sets; did you mean ${\(nearest)}?"
        error(text, at: variable.place)
    }
}
