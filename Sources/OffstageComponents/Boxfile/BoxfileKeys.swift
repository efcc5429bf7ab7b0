// All keys, in one place: those with a meaning, those of the old platform that have no effect here, and those that are
// refused as a misunderstanding. docs/boxfile.md lists the same keys, and a test compares the two.

/// The keys of a section of the file.
struct BoxfileKeys: Sendable {
    /// The keys with a meaning, in the order of the documentation.
    var understood: [String]
    /// Keys of the old platform, each with the reason why it has no effect.
    var ignored: [String: String]
    /// Keys that are refused, each with the reason.
    var refused: [String: String] = [:]

    static let run = BoxfileKeys(
        understood: ["engine", "env", "dev"],
        ignored: [
            "engine.config": "no engine builds the app here; build it with its own tools",
            "cache_dirs": "nothing is built in a container here, so there is nothing to cache",
            "extra_packages": "install packages with the machine's package manager",
            "dev_packages": "install packages with the machine's package manager",
            "build_triggers": "nothing is built here; build the app with its own tools",
            "extra_path_dirs": "set PATH under env",
            "extra_steps": "run such commands before offstage up",
            "fs_watch": "files are not watched",
        ])

    static let development = BoxfileKeys(understood: ["env"], ignored: [:])

    static let deploy = BoxfileKeys(
        understood: [],
        ignored: [
            "extra_steps": "run such commands before offstage up",
            "transform": "run such commands before offstage up",
            "before_live": "run such commands before offstage up",
            "before_live_all": "run such commands before offstage up",
            "after_live": "run such commands after offstage up",
            "after_live_all": "run such commands after offstage up",
        ])

    /// Sections of the old platform that are ignored as a whole.
    static let ignoredSections = [
        "code.build": "nothing is built here; build the app with its own tools",
        "code.deploy": "nothing is deployed here",
        "console": "offstage run starts a command in the app's environment",
        "nanobox": "it configures another platform",
    ]

    static let web = BoxfileKeys(
        understood: code + ["routes"],
        ignored: ignoredInCode.merging(
            [
                "ports": "requests reach a web component by its routes alone",
                "writable_dirs": "a web component writes where its user may",
            ], uniquingKeysWith: { $1 }),
        refused: refusedInCode)

    static let worker = BoxfileKeys(
        understood: code,
        ignored: ignoredInCode.merging(
            ["writable_dirs": "a worker writes in its own folder, its network_dirs and its temporary folder"],
            uniquingKeysWith: { $1 }),
        refused: refusedInCode.merging(
            [
                "routes": "a worker only starts conversations, nothing from outside reaches it; "
                    + "move what serves requests into a web component",
                "ports": "a worker only starts conversations and is never given a port; "
                    + "move what listens into a web component",
            ], uniquingKeysWith: { $1 }))

    static let data = BoxfileKeys(
        understood: ["image"],
        ignored: [
            "config": "the program runs with settings of our own",
            "cron": onlyTheApp,
            "extra_packages": "install packages with the machine's package manager",
            "extra_path_dirs": "the program is the machine's own",
            "extra_steps": "the program is the machine's own",
            "local_only": alwaysStarted,
        ],
        refused: Dictionary(
            uniqueKeysWithValues: (code + ["routes", "ports"]).map {
                ($0, "that is for web and worker components; a data component has only its image")
            }))

    static let limits = BoxfileKeys(understood: ["memory", "cpu_share", "open_files"], ignored: [:])

    private static let code = [
        "start", "cwd", "env", "log_watch", "stop_timeout", "scale", "limits", "network_dirs",
    ]
    private static let ignoredInCode = [
        "stop": "processes are asked to stop by SIGTERM",
        "stop_force": "a process that is there after its stop_timeout is always killed",
        "cron": onlyTheApp,
        "local_only": alwaysStarted,
    ]
    private static let refusedInCode = [
        "image": "that is for data components; this one runs what its start says"
    ]
    private static let onlyTheApp = "the file starts components, not recurring jobs; use the machine's cron"
    private static let alwaysStarted = "a component is started wherever the file is used"
}
