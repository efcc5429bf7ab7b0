// A running process of a component. Between it and the supervisor stands the keeper of Sources/CSystem/keeper.c,
// which holds the other end of the life pipe: when the supervisor dies, of `kill -9` too, the keeper kills the
// process and all that it started. Signals go through the keeper as well, for it alone knows for sure that the number
// is still the process'. One thread a process waits for the keeper's words; a supervisor has few, and each sleeps
// nearly always.
import CSystem
import OffstageSystem
import Synchronization

/// A started process of a component.
public final class ComponentProcess: Sendable {
    /// Its number, and that of its group and session.
    public let pid: Int32
    /// The pipe to its input, if it has one; non-blocking, close-on-exec, and the caller's to close.
    public let input: Int32?
    /// The pipe from its output, if it has one; as `input`.
    public let output: Int32?
    /// The pipe from its errors, if it has one; as `input`.
    public let errors: Int32?
    private let watch: ComponentWatch

    private init(pid: Int32, started: offstage_program, watch: ComponentWatch) {
        self.pid = pid
        self.watch = watch
        input = started.input < 0 ? nil : started.input
        output = started.output < 0 ? nil : started.output
        errors = started.errors < 0 ? nil : started.errors
    }

    /// Starts it and answers once it runs its program; throws a ConfinementError that says which step failed and why.
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

    /// Waits for its end; throws only if the waiting task is cancelled.
    public func wait() async throws(CancellationError) -> ComponentEnd {
        try await watch.wait()
    }

    /// Its end, if it has come to it.
    public var end: ComponentEnd? { watch.end }

    /// Asks its whole group to end (SIGTERM), and waits for all of it; one that has ended already is no error.
    public func stop() {
        watch.send(1)
    }

    /// Kills it and everything it started.
    public func kill() {
        watch.cut()
    }

    /// Sends a signal from 1 to 64 to its whole group, as a terminal does.
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
