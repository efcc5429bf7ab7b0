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
        // System libraries, the few system calls that Swift cannot spell, and the C library with what stands on it.
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
        .target(name: "OffstageSystem", dependencies: ["CSystem"]),

        // The core, and the four parts that share it and never import each other.
        .target(name: "OffstageCore", dependencies: ["CSystem", "OffstageSystem"]),
        .target(name: "OffstageEnqueuer", dependencies: ["OffstageCore"]),
        .target(name: "OffstageWorker", dependencies: ["OffstageCore", "OffstageSystem"]),
        .target(name: "OffstageMonitor", dependencies: ["OffstageCore"]),
        .target(
            name: "Offstage",
            dependencies: ["OffstageCore", "OffstageEnqueuer", "OffstageWorker", "OffstageMonitor"]),

        // Stores behind the seam.
        .target(name: "OffstageMemory", dependencies: ["OffstageCore"]),
        .target(
            name: "OffstageSQLite", dependencies: ["OffstageCore", "CSQLite", "CSystem", "OffstageSystem"],
            resources: [.embedInCode("Schema/v1.sql"), .embedInCode("Schema/v2.sql"), .embedInCode("Schema/v3.sql")]),
        .target(
            name: "OffstageRedis", dependencies: ["OffstageCore", "CHiredis", "COpenSSL", "CSystem", "OffstageSystem"],
            resources: ["Scripts"].map { .embedInCode($0) }),

        // Handlers that are programs, the components of an app, the command line, and the test kit.
        .target(
            name: "OffstagePrograms", dependencies: ["OffstageCore", "OffstageWorker", "CSystem", "OffstageSystem"]),
        .target(
            name: "OffstageForeman", dependencies: ["OffstageCore", "OffstageWorker", "CSystem", "OffstageSystem"]),
        .target(
            name: "OffstageComponents",
            dependencies: [
                "OffstageCore", "CSystem", "OffstageSystem", "CYAML",
                .target(name: "CSeccomp", condition: .when(platforms: [.linux])),
            ]),
        .target(
            name: "OffstageBench",
            dependencies: [
                "Offstage", "OffstageCore", "OffstageSQLite", "OffstageRedis", "CSQLite", "CHiredis", "CSystem",
                "OffstageSystem",
            ],
            path: "Benchmarks",
            exclude: ["README.md"]),
        .target(
            name: "OffstageCLI",
            dependencies: [
                "Offstage", "OffstageMemory", "OffstageSQLite", "OffstageRedis", "OffstagePrograms", "OffstageForeman",
                "OffstageBench", "OffstageComponents", "CSystem", "OffstageSystem",
            ]),
        .executableTarget(name: "offstage-cli", dependencies: ["OffstageCLI"], path: "Sources/offstage"),
        .target(name: "OffstageTesting", dependencies: ["Offstage", "OffstageMemory"]),

        // The examples: the jobs that both perform, the demo, and the app with a page.
        .target(
            name: "ExampleJobs", dependencies: ["Offstage", "OffstageCore", "CCurl", "CGD"], path: "Examples/Jobs"),
        .executableTarget(
            name: "offstage-demo",
            dependencies: ["ExampleJobs", "Offstage", "OffstageCLI", "CSystem", "OffstageSystem"],
            path: "Examples/Demo", exclude: ["smtp_sink.py"]),
        .executableTarget(
            name: "offstage-example",
            dependencies: ["ExampleJobs", "Offstage", "OffstageCLI", "CMicroHTTPD"],
            path: "Examples/App/Sources"),

        // Tests mirror the sources. Those with real processes start one program, and share how they start it.
        .target(
            name: "TestProcesses",
            dependencies: ["OffstageSystem", "OffstageCore", "OffstageTesting", "OffstageSQLite", "OffstageRedis"],
            path: "Tests/TestProcesses"),
        .executableTarget(
            name: "torture-worker",
            dependencies: [
                "Offstage", "OffstageSQLite", "OffstageForeman", "TestProcesses", "CSQLite", "CSystem",
                "OffstageSystem",
            ],
            path: "Tests/TortureWorker"),
        .testTarget(name: "OffstageCoreTests", dependencies: ["OffstageCore", "OffstageTesting"]),
        .testTarget(
            name: "OffstageEnqueuerTests",
            dependencies: ["Offstage", "OffstageTesting", "OffstageMemory", "OffstageSQLite", "CSQLite"]),
        .testTarget(
            name: "OffstageWorkerTests",
            dependencies: ["Offstage", "OffstageSystem", "OffstageTesting", "OffstageMemory", "OffstageSQLite"]),
        .testTarget(
            name: "OffstageForemanTests",
            dependencies: [
                "OffstageForeman", "OffstageCore", "OffstageWorker", "OffstageMemory", "OffstageTesting", "CSystem",
                "OffstageSystem",
            ]),
        .testTarget(
            name: "OffstageMonitorTests",
            dependencies: ["Offstage", "OffstageTesting", "OffstageMemory", "OffstageSQLite"]),
        .testTarget(
            name: "OffstageSQLiteTests",
            dependencies: [
                "OffstageSQLite", "OffstageTesting", "OffstageMemory", "Offstage", "CSQLite", "CSystem",
                "OffstageSystem",
                "TestProcesses", "torture-worker",
            ]),
        .testTarget(
            name: "OffstageRedisTests",
            dependencies: [
                "OffstageRedis", "RedisServers", "Offstage", "OffstageCore", "OffstageTesting", "OffstageMemory",
                "CSystem", "OffstageSystem",
            ]),
        .testTarget(
            name: "OffstageProgramsTests",
            dependencies: [
                "OffstagePrograms", "OffstageWorker", "Offstage", "OffstageTesting", "OffstageMemory", "CSystem",
                "OffstageSystem",
            ]),
        .testTarget(
            name: "OffstageComponentsTests",
            dependencies: ["OffstageComponents", "OffstageCore", "OffstageTesting", "CSystem", "OffstageSystem"]),
        .testTarget(
            name: "OffstageCLITests",
            dependencies: [
                "OffstageCLI", "OffstageComponents", "OffstageRedis", "OffstageTesting", "RedisServers", "CSystem",
                "OffstageSystem",
            ]),
        .target(
            name: "RedisServers", dependencies: ["OffstageCore", "OffstageTesting", "CSystem", "OffstageSystem"],
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
                "Offstage", "OffstageSQLite", "OffstageTesting", "CSystem", "OffstageSystem", "CSQLite",
                "TestProcesses",
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
                "offstage-example", "offstage-cli", "RedisServers", "OffstageSystem", "OffstageCore", "OffstageTesting",
                "CGD",
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
