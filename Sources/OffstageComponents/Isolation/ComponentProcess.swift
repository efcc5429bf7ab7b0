// A running process of a component. Its parent is a keeper (Sources/CSystem/keeper.c), which holds the other end of the
// life pipe. When the supervisor dies, even by `kill -9`, the keeper kills the process and everything it started.
// Signals go through the keeper too, because only the keeper can be sure that the process id is still in use by this
// process. One thread per process waits for the keeper's messages; a supervisor has few of them, and they sleep nearly
// always.
import CSystem
import OffstageSystem
import Synchronization

/// A component process that has been started.
public final class ComponentProcess: Sendable {
    /// Its process id, which is also that of its group and its session.
    public let pid: Int32
    /// The pipe to its input, if there is one. It is non-blocking and close-on-exec; the caller closes it.
    public let input: Int32?
    /// The pipe from its output, if there is one; properties as for `input`.
    public let output: Int32?
    /// The pipe from its errors, if there is one; properties as for `input`.
    public let errors: Int32?
    private let watch: ComponentWatch

    private init(pid: Int32, started: offstage_program, watch: ComponentWatch) {
        self.pid = pid
        self.watch = watch
        input = started.input < 0 ? nil : started.input
        output = started.output < 0 ? nil : started.output
        errors = started.errors < 0 ? nil : started.errors
    }

    /// Starts the process and returns once it runs its program. Throws a ConfinementError with the step that failed and
    /// why.
    public static func start(
        _ launch: ComponentLaunch, support: KernelSupport = .read()
    ) async throws -> ComponentProcess {
        let started = try begin(launch, support)
        let watch = ComponentWatch(started)
        switch await watch.begun() {
        case .runs(let pid): return ComponentProcess(pid: pid, started: started, watch: watch)
        case .failed(let number):
            for descriptor in [started.input, started.output, started.errors] where descriptor >= 0 {
                _ = close(descriptor)
            }
            throw ConfinementError(StartFailure.text(number, launch))
        }
    }

    /// Waits for the process to end and returns how it ended. Throws only if the waiting task is cancelled.
    public func wait() async throws(CancellationError) -> ComponentEnd {
        try await watch.wait()
    }

    /// How the process ended; nil while it runs.
    public var end: ComponentEnd? { watch.end }

    /// Sends SIGTERM to the whole group and returns at once; the keeper waits until all of it has ended. Has no effect
    /// on a process that has ended.
    public func stop() {
        watch.send(1)
    }

    /// Kills the process and everything it started. Returns at once.
    public func kill() {
        watch.cut()
    }

    /// Sends a signal to the whole group, as a terminal does. Ignores numbers outside 1 to 64.
    public func signal(_ number: Int32) {
        guard (1...64).contains(number) else { return }
        watch.send(UInt8(OFFSTAGE_SIGNAL) | UInt8(number))
    }

    private static func begin(_ launch: ComponentLaunch, _ support: KernelSupport) throws -> offstage_program {
        let prepared = try launch.confinement.map { try PreparedConfinement($0, support: support) }
        var environment = launch.environment
        environment.merge(launch.confinement?.environment ?? [:]) { _, confined in confined }
        let words = CStrings([launch.program] + launch.arguments)
        let variables = CStrings(environment.map { "\($0.key)=\($0.value)" })
        let folder = CStrings(launch.folder.map { [$0] } ?? [])
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { if nothing >= 0 { _ = close(nothing) } }
        var started = offstage_program()
        let problem = launch.keptDescriptors.withUnsafeBufferPointer { kept in
            var component = offstage_component()
            component.path = words.pointers[0].map { UnsafePointer($0) }
            component.words = words.array
            component.environment = variables.array
            component.folder = folder.pointers[0].map { UnsafePointer($0) }
            switch launch.streams {
            case .captured: component.streams = (nothing, -1, -1)
            case .piped: component.streams = (-1, -1, -1)
            case .inherited: component.streams = (0, 1, 2)
            }
            component.kept = kept.baseAddress
            component.kept_count = Int32(kept.count)
            component.confinement = prepared?.pointer
            return offstage_component_start(&component, &started)
        }
        withExtendedLifetime((prepared, words, variables, folder)) {}
        guard problem == 0 else { throw ConfinementError(StartFailure.text(problem, launch)) }
        return started
    }
}
