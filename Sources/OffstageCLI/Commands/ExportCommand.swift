// `offstage export systemd`: writes the app as unit files for machines that have systemd.
import OffstageComponents
import OffstageCore
import OffstageSystem

/// The command that writes an app in another system's format.
enum ExportCommand {
    static let spec = CommandSpec(
        "export", "write the app as systemd units",
        details:
            "The files belong in /etc/systemd/system; systemctl start NAME.target runs the app then. Ports are fixed"
            + " there, from --base-port on, and run.config's and the components' variables stand in the units.",
        arguments: [ArgumentSpec("SYSTEM", .oneOf(["systemd"]), .one, "what to write for")],
        options: [
            AppFolder.option, .value("to", "DIR", .file, "write the files there (they are printed)"),
            .value("name", "NAME", .name, "what the units' names begin with (the folder's name)"),
            .value("user", "USER", .text, "the user that runs the app (you, also by sudo)"),
            .value("port", "PORT", .count(1...65_535), "where web components are reached (8080)"),
            .value("base-port", "PORT", .count(1024...60_000), "the first of the components' own ports (18100)"),
        ],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let boxfile = try AppFolder.boxfile(context)
        var folders = try AppFolder.folders(context)
        let invocation = context.invocation
        let user = try user(context)
        if invocation.text("to") != nil { folders.owner = try owner(user) }
        let units = try SystemdUnits(
            boxfile, folders: folders, app: invocation.text("name") ?? name(folders.app), user: user,
            port: invocation.count("port") ?? 8080, basePort: invocation.count("base-port") ?? 18_100,
            path: context.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
        let files = try units.files()
        if let folder = invocation.text("to") {
            try units.makeFolders()
            try SystemdUnits.write(files, to: folder)
            for file in files { try context.output.line("\(folder)/\(file.name)") }
        } else {
            for file in files {
                try context.output.line("# \(file.name)")
                try context.output.line(file.text)
            }
        }
        return .done
    }

    /// Returns the user that runs the app. It is root only if `--user root` was given.
    private static func user(_ context: CommandContext) throws -> String {
        if let named = context.invocation.text("user") { return named }
        guard geteuid() == 0 else { return try FolderOwner.current().name }
        if let caller = context.environment["SUDO_USER"], !caller.isEmpty, caller != "root" { return caller }
        throw UsageError("export as root needs --user USER, who will run the app; --user root if that is meant")
    }

    /// Returns the owner for the folders that the units name; nil means the current user.
    private static func owner(_ user: String) throws -> FolderOwner? {
        let owner = try FolderOwner(user)
        if geteuid() == 0 { return owner }
        guard owner.user == geteuid() else {
            throw CommandFailure("the app's folders must be \(user)'s, and only root can make them so; use sudo")
        }
        return nil
    }

    private static func name(_ folder: String) -> String {
        let last = folder.split(separator: "/").last.map(String.init) ?? "app"
        return String(
            last.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "-" }.prefix(64))
    }
}
