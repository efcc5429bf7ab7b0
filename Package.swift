// swift-tools-version: 6.2
// Offstage stands on the toolchain's libraries and on C libraries from the system; it fetches no package.
import PackageDescription

// The pkg-config files of these two carry flags that SwiftPM prohibits and warns of; on Linux their headers are found
// without.
#if os(macOS)
    let gdPackage: String? = "gdlib"
    let hiredisPackage: String? = "hiredis"
#else
    let gdPackage: String? = nil
    let hiredisPackage: String? = nil
#endif

let package = Package(
    name: "offstage",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Offstage", targets: ["Offstage"]),
        .library(name: "OffstageMemory", targets: ["OffstageMemory"]),
        .library(name: "OffstageSQLite", targets: ["OffstageSQLite"]),
        .library(name: "OffstageRedis", targets: ["OffstageRedis"]),
        .library(name: "OffstagePrograms", targets: ["OffstagePrograms"]),
        .library(name: "OffstageComponents", targets: ["OffstageComponents"]),
        .library(name: "OffstageForeman", targets: ["OffstageForeman"]),
        .library(name: "OffstageCLI", targets: ["OffstageCLI"]),
        .library(name: "OffstageTesting", targets: ["OffstageTesting"]),
        .library(name: "OffstageBench", targets: ["OffstageBench"]),
        .executable(name: "offstage", targets: ["offstage-cli"]),
    ],
    targets: [
        // System libraries and the few system calls that Swift cannot spell.
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite3"])]),
        .systemLibrary(
            name: "CHiredis", pkgConfig: hiredisPackage,
            providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
        .systemLibrary(
            name: "CSeccomp", pkgConfig: "libseccomp",
            providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Examples/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(
            name: "CGD", path: "Examples/CGD", pkgConfig: gdPackage,
            providers: [.apt(["libgd-dev"]), .brew(["gd"])]),
        .systemLibrary(
            name: "CMicroHTTPD", path: "Examples/CMicroHTTPD", pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"]), .brew(["libmicrohttpd"])]),
        .target(name: "CSystem"),

        // The core, and the four parts that share it and never import each other.
        .target(name: "OffstageCore", dependencies: ["CSystem"]),
        .target(name: "OffstageEnqueuer", dependencies: ["OffstageCore"]),
        .target(name: "OffstageWorker", dependencies: ["OffstageCore"]),
        .target(name: "OffstageMonitor", dependencies: ["OffstageCore"]),
        .target(
            name: "Offstage",
            dependencies: ["OffstageCore", "OffstageEnqueuer", "OffstageWorker", "OffstageMonitor"]),

        // Stores behind the seam.
        .target(name: "OffstageMemory", dependencies: ["OffstageCore"]),
        .target(
            name: "OffstageSQLite", dependencies: ["OffstageCore", "CSQLite", "CSystem"],
            resources: [.embedInCode("Schema/v1.sql"), .embedInCode("Schema/v2.sql"), .embedInCode("Schema/v3.sql")]),
        .target(
            name: "OffstageRedis", dependencies: ["OffstageCore", "CHiredis", "COpenSSL", "CSystem"],
            resources: ["Scripts"].map { .embedInCode($0) }),

        // Handlers that are programs, the components of an app, the command line, and the test kit.
        .target(name: "OffstagePrograms", dependencies: ["OffstageCore", "OffstageWorker", "CSystem"]),
        .target(name: "OffstageForeman", dependencies: ["OffstageCore", "OffstageWorker", "CSystem"]),
        .target(
            name: "OffstageComponents",
            dependencies: [
                "OffstageCore", "CSystem", "CYAML", .target(name: "CSeccomp", condition: .when(platforms: [.linux])),
            ]),
        .target(
            name: "OffstageBench",
            dependencies: [
                "Offstage", "OffstageCore", "OffstageSQLite", "OffstageRedis", "CSQLite", "CHiredis", "CSystem",
            ],
            path: "Benchmarks",
            exclude: ["README.md"]),
        .target(
            name: "OffstageCLI",
            dependencies: [
                "Offstage", "OffstageMemory", "OffstageSQLite", "OffstageRedis", "OffstagePrograms", "OffstageForeman",
                "OffstageBench", "OffstageComponents", "CSystem",
            ]),
        .executableTarget(name: "offstage-cli", dependencies: ["OffstageCLI"], path: "Sources/offstage"),
        .target(name: "OffstageTesting", dependencies: ["Offstage", "OffstageMemory"]),

        // The examples: the jobs that both perform, the demo, and the app with a page.
        .target(
            name: "ExampleJobs", dependencies: ["Offstage", "OffstageCore", "CCurl", "CGD"], path: "Examples/Jobs"),
        .executableTarget(
            name: "offstage-demo",
            dependencies: ["ExampleJobs", "Offstage", "OffstageCLI", "CSystem"],
            path: "Examples/Demo", exclude: ["smtp_sink.py"]),
        .executableTarget(
            name: "offstage-example",
            dependencies: ["ExampleJobs", "Offstage", "OffstageCLI", "CMicroHTTPD"],
            path: "Examples/App/Sources"),

        // Tests mirror the sources. Those with real processes start one program, and share how they start it.
        .target(
            name: "TestProcesses",
            dependencies: ["OffstageCore", "OffstageTesting", "OffstageSQLite", "OffstageRedis"],
            path: "Tests/TestProcesses"),
        .executableTarget(
            name: "torture-worker",
            dependencies: ["Offstage", "OffstageSQLite", "OffstageForeman", "TestProcesses", "CSQLite", "CSystem"],
            path: "Tests/TortureWorker"),
        .testTarget(name: "OffstageCoreTests", dependencies: ["OffstageCore", "OffstageTesting"]),
        .testTarget(
            name: "OffstageEnqueuerTests",
            dependencies: ["Offstage", "OffstageTesting", "OffstageMemory", "OffstageSQLite", "CSQLite"]),
        .testTarget(
            name: "OffstageWorkerTests",
            dependencies: ["Offstage", "OffstageTesting", "OffstageMemory", "OffstageSQLite"]),
        .testTarget(
            name: "OffstageForemanTests",
            dependencies: [
                "OffstageForeman", "OffstageCore", "OffstageWorker", "OffstageMemory", "OffstageTesting", "CSystem",
            ]),
        .testTarget(
            name: "OffstageMonitorTests",
            dependencies: ["Offstage", "OffstageTesting", "OffstageMemory", "OffstageSQLite"]),
        .testTarget(
            name: "OffstageSQLiteTests",
            dependencies: [
                "OffstageSQLite", "OffstageTesting", "OffstageMemory", "Offstage", "CSQLite", "CSystem",
                "TestProcesses", "torture-worker",
            ]),
        .testTarget(
            name: "OffstageRedisTests",
            dependencies: [
                "OffstageRedis", "RedisServers", "Offstage", "OffstageCore", "OffstageTesting", "OffstageMemory",
                "CSystem",
            ]),
        .testTarget(
            name: "OffstageProgramsTests",
            dependencies: [
                "OffstagePrograms", "OffstageWorker", "Offstage", "OffstageTesting", "OffstageMemory", "CSystem",
            ]),
        .testTarget(
            name: "OffstageComponentsTests",
            dependencies: ["OffstageComponents", "OffstageCore", "OffstageTesting", "CSystem"]),
        .testTarget(
            name: "OffstageCLITests",
            dependencies: [
                "OffstageCLI", "OffstageComponents", "OffstageRedis", "OffstageTesting", "RedisServers", "CSystem",
            ]),
        .target(
            name: "RedisServers", dependencies: ["OffstageCore", "OffstageTesting", "CSystem"],
            path: "Tests/RedisServers"),
        .testTarget(
            name: "StoreConformance",
            dependencies: [
                "OffstageTesting", "OffstageMemory", "OffstageSQLite", "OffstageRedis", "RedisServers", "Offstage",
            ]),
        .testTarget(
            name: "Simulation",
            dependencies: [
                "OffstageTesting", "OffstageMemory", "OffstageSQLite", "OffstageRedis", "RedisServers", "Offstage",
            ]),
        .testTarget(
            name: "Torture",
            dependencies: [
                "Offstage", "OffstageSQLite", "OffstageTesting", "CSystem", "CSQLite", "TestProcesses",
                "RedisServers", "torture-worker",
            ]),
        .testTarget(
            name: "Guide",
            dependencies: [
                "Offstage", "OffstageForeman", "OffstageTesting", "OffstageMemory", "OffstageSQLite", "CSQLite",
            ]),
        .testTarget(
            name: "ExampleApp",
            dependencies: [
                "offstage-example", "offstage-cli", "RedisServers", "OffstageCore", "OffstageTesting", "CGD",
            ]),
        .testTarget(name: "Tidy"),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where ![.system].contains(target.type) {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ]
}
