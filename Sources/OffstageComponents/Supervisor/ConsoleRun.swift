// What `offstage run` starts: a component's process as `up` would start it, but with this console's descriptors and
// development's variables; or any command with the variables of the data components.
import CSystem
import OffstageCore

/// Creates launches for this console.
package struct ConsoleRun: Sendable {
    /// The app.
    package let boxfile: Boxfile
    /// The app's folders.
    package let folders: AppFolders
    /// The supervisor's options.
    package let options: SupervisorOptions

    /// One command of a component.
    package struct Target: Sendable {
        let component: CodeComponent
        let process: CodeComponent.Process

        /// The component's name.
        package var name: ComponentName { component.name }
    }

    /// Creates launches for an app.
    package init(boxfile: Boxfile, folders: AppFolders, options: SupervisorOptions) {
        self.boxfile = boxfile
        self.folders = folders
        self.options = options
    }

    /// Parses `worker.main` or `worker.main.mail`. Returns nil if the word is not a component's name.
    package func target(_ word: String) throws(ComponentError) -> Target? {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let name = ComponentName(parts.prefix(2).joined(separator: "."))
        else {
            return nil
        }
        guard let component = boxfile.code(name), name.kind != .data else {
            let known = (boxfile.webs + boxfile.workers).map(\.name.description).joined(separator: ", ")
            throw ComponentError("\(name) is not a web or worker component of this app; there are \(known)")
        }
        let wanted = parts.count == 3 ? String(parts[2]) : nil
        let fitting = component.processes.filter { wanted == nil || $0.name == wanted }
        guard fitting.count == 1, let process = fitting.first else {
            let all = component.processes.compactMap(\.name).map { "\(name).\($0)" }.joined(separator: ", ")
            throw ComponentError("\(word) does not say which of its commands; there are \(all)")
        }
        return Target(component: component, process: process)
    }

    /// Returns the launch of a component's process in this console.
    package func launch(_ target: Target, data: [String: String]) throws -> ComponentLaunch {
        let plans = plans(data)
        try plans.makeFolders(target.component)
        let name = InstanceName(target.component.name.description, process: target.process.name, number: 0)
        var launch = try plans.plan(target.component, target.process, name).launch
        launch.environment.merge(
            try plans.environment(
                of: target.component, name: name, port: launch.environment["PORT"].flatMap { Int($0) },
                isDevelopment: true)
        ) { $1 }
        if let term = options.surroundings["TERM"] { launch.environment["TERM"] = term }
        launch.streams = .inherited
        return launch
    }

    /// Returns the launch of any command in this console. It gets the caller's whole environment.
    package func launch(_ words: [String], data: [String: String]) throws -> ComponentLaunch {
        let given = try boxfile.environment(
            of: nil, given: data, surroundings: options.surroundings, isDevelopment: true)
        let environment = options.surroundings.merging(given) { $1 }
        let first = words.first ?? ""
        let path = environment["PATH"] ?? "/usr/bin:/bin"
        guard let program = first.contains("/") ? first : ServerProgram.find(first, path: path) else {
            throw ComponentError("there is no program \(Names.quoted(first)) on the PATH")
        }
        return ComponentLaunch(program: program, arguments: Array(words.dropFirst()), environment: environment)
    }

    private func plans(_ data: [String: String]) -> ComponentPlans {
        ComponentPlans(
            boxfile: boxfile, folders: folders, options: options, support: KernelSupport.read(), dataEnvironment: data,
            groups: nil)
    }
}

extension ComponentEnd {
    /// The exit status that a shell would report for this end.
    package var shellStatus: Int32 {
        switch status {
        case .exited(let status): status
        case .signalled(let signal): 128 + signal
        case .lost: 137
        }
    }
}
