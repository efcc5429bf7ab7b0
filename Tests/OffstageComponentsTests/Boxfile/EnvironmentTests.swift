// The environment of a component's processes: precedence, references, and their limits.

import Testing

@testable import OffstageComponents

@Suite("Boxfile: the environment of components")
struct EnvironmentTests {
    @Test("a component's own variables override run.config's, development's override both, given ones override all")
    func precedence() throws {
        let boxfile = try Boxfile.parse(BoxfileTests.full)
        let worker = boxfile.workers[0]
        let given = ["DATA_QUEUE_HOST": "127.0.0.1", "LANG": "C"]
        #expect(
            try boxfile.environment(of: worker, given: given) == [
                "LANG": "C", "LOG": "info+", "GREETING": "hello C.UTF-8 $1 ${LANG}", "MODE": "0644",
                "DATA_QUEUE_HOST": "127.0.0.1",
            ])
        #expect(try boxfile.environment(of: worker, given: [:], isDevelopment: true)["LOG"] == "debug")
    }

    @Test("a name from the surroundings is found, an undefined one is an error with its place")
    func surroundings() throws {
        let boxfile = try Boxfile.parse("worker.a:\n  start: a\n  env:\n    PATH: bin:${PATH}\n    B: ${SECRET}\n")
        let worker = boxfile.workers[0]
        let found = try boxfile.environment(of: worker, given: [:], surroundings: ["PATH": "/usr/bin", "SECRET": "s"])
        #expect(found == ["PATH": "bin:/usr/bin", "B": "s"])
        #expect {
            try boxfile.environment(of: worker, given: [:], surroundings: ["PATH": ""])
        } throws: { error in
            "\(error)" == "boxfile.yml:5:5: B refers to ${SECRET}, which is not set anywhere"
        }
    }

    @Test("variables that double each other are refused before they fill the memory")
    func doubling() {
        let variables = (0..<60).map { "    A\($0): ${A\($0 + 1)}${A\($0 + 1)}\n" }.joined()
        let text = "worker.a:\n  start: a\n  env:\n" + variables + "    A60: 0123456789\n"
        #expect {
            try Boxfile.parse(text)
        } throws: { error in
            "\(error)".contains("grows beyond 131071 bytes")
        }
    }

    @Test("a long chain of references is followed, and a circle is reported, in run.config too")
    func chains() throws {
        let chain = (0..<255).map { "    A\($0): ${A\($0 + 1)}\n" }.joined()
        let head = "worker.a: {start: a}\nrun.config:\n  env:\n"
        let boxfile = try Boxfile.parse(head + chain + "    A255: x\n")
        #expect(try boxfile.environment(of: boxfile.workers[0], given: [:])["A0"] == "x")
        #expect {
            try Boxfile.parse(head + "    A: ${B}\n    B: ${C}\n    C: ${B}\n")
        } throws: { error in
            "\(error)" == "boxfile.yml:5:5: B refers to itself in a circle: B → C → B"
        }
    }
}
