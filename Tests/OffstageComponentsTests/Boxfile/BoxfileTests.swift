// What a valid file becomes: every key, its default, and the notes about it.

import Testing

@testable import OffstageComponents

@Suite("Boxfile: what a valid file becomes")
struct BoxfileTests {
    static let full = """
        run.config:
          engine: swift
          env: {LANG: C.UTF-8, LOG: info}
          dev:
            env: {LOG: debug}
        web.main:
          start: my-app web --port $PORT
          routes: ["/", "API.example.org:/v1/", "admin:/"]
          network_dirs: {data.storage: [uploads, ./public/files/]}
        worker.main:
          start:
            mail: offstage work --queues mail
            images: |
              exec offstage work --queues images
          cwd: app/
          env:
            GREETING: "hello ${LANG} $1 $${LANG}"
            MODE: 0644
            LOG: ${LOG}+
          log_watch: {"app[error]": log/error.log}
          stop_timeout: 1m30s
          scale: 2
          limits: {memory: 512M, cpu_share: 50, open_files: 1024}
          network_dirs: {data.storage: uploads}
        data.queue:
          image: nanobox/redis:3.0
        data.db:
          image: postgres:9.6
        data.storage:
          image: nanobox/unfs
        """

    @Test("the example with every key is understood, in its order")
    func everything() throws {
        let boxfile = try Boxfile.parse(Self.full)
        #expect(
            boxfile.order.map(\.description) == ["web.main", "worker.main", "data.queue", "data.db", "data.storage"])
        #expect(boxfile.runConfig.engine == "swift")
        let web = try #require(boxfile.webs.first)
        #expect(web.processes.map(\.command) == ["my-app web --port $PORT"])
        #expect(web.processes.map(\.name) == [nil])
        #expect(web.routes.map(\.description) == ["/", "api.example.org:/v1", "admin:/"])
        #expect(web.networkFolders.map(\.storage.description) == ["data.storage"])
        #expect(web.networkFolders.map(\.folders) == [["uploads", "public/files"]])
        #expect(web.stopTimeout == .seconds(30) && web.scale == 1 && web.limits == ComponentLimits())
        let worker = try #require(boxfile.workers.first)
        #expect(worker.processes.map(\.name) == ["mail", "images"])
        #expect(worker.processes[1].command == "exec offstage work --queues images\n")
        #expect(worker.workingDirectory == "app" && worker.routes.isEmpty)
        #expect(worker.watchedLogs.map(\.name) == ["app[error]"])
        #expect(worker.watchedLogs.map(\.path) == ["log/error.log"])
        #expect(worker.stopTimeout == .seconds(90) && worker.scale == 2)
        #expect(worker.limits.memoryBytes == 512 << 20)
        #expect(worker.limits.cpuShare == 50 && worker.limits.openFiles == 1024)
        #expect(boxfile.data.map(\.service) == [.redis, .postgresql, .storage])
        #expect(boxfile.data.map(\.image.tag) == ["3.0", "9.6", nil])
    }

    @Test("a version in an image is noted as ignored, and nothing else is noted")
    func notes() throws {
        #expect(
            try Boxfile.parse(Self.full).warnings.map(\.description) == [
                "boxfile.yml:26:10: note: data.queue runs the machine's own redis, whatever its version; "
                    + "3.0 is not looked for",
                "boxfile.yml:28:10: note: data.db runs the machine's own postgresql, whatever its version; "
                    + "9.6 is not looked for",
            ])
    }

    @Test("keys of the old platform have no effect, and each is noted once, with its place")
    func oldKeys() throws {
        let boxfile = try Boxfile.parse(
            """
            run.config:
              engine: ruby
              engine.config: {runtime: ruby-2.2}
              cache_dirs: [vendor]
              fs_watch: true
            deploy.config:
              transform: [sed]
              before_live: {web.main: [migrate]}
            code.build: {engine: x}
            web.main:
              start: [rails s, ruby monitor.rb]
              stop_timeout: 60
              ports: ["tcp:21:3420"]
              writable_dirs: [tmp]
            worker.main:
              start: sidekiq
              cron: [{id: a, schedule: "* * * * *", command: b}]
              local_only: true
            data.db:
              image: nanobox/postgresql
              config: {extensions: [plpgsql]}
            """)
        let lines = boxfile.warnings.map(\.description)
        #expect(
            lines.map { $0.prefix { $0 != "w" } } == [
                "boxfile.yml:3:3: ", "boxfile.yml:4:3: ", "boxfile.yml:5:3: ", "boxfile.yml:7:3: ",
                "boxfile.yml:8:3: ", "boxfile.yml:9:1: ", "boxfile.yml:13:3: ", "boxfile.yml:14:3: ",
                "boxfile.yml:17:3: ", "boxfile.yml:18:3: ", "boxfile.yml:21:3: ",
            ])
        #expect(
            lines[0]
                == "boxfile.yml:3:3: warning: engine.config of run.config has no effect: "
                + "no engine builds the app here; build it with its own tools")
        #expect(boxfile.webs[0].processes.map(\.name) == ["1", "2"])
        #expect(boxfile.webs[0].routes.map(\.description) == ["/"])
        #expect(boxfile.webs[0].stopTimeout == .seconds(60))
    }

    @Test("the short form, with one line per component, is read")
    func shortForm() throws {
        let boxfile = try Boxfile.parse("data.queue:\n  image: redis\nworker.main:\n  start: run-it\n")
        #expect(boxfile.order.map(\.description) == ["data.queue", "worker.main"])
        #expect(boxfile.webs.isEmpty && boxfile.warnings.isEmpty)
    }

    @Test("parts can be shared with anchors and merged")
    func anchors() throws {
        let boxfile = try Boxfile.parse(
            """
            worker.a: &a
              start: one
              env: &env {A: 1}
              scale: 3
            worker.b:
              <<: *a
              start: two
            worker.c: {start: three, env: *env}
            """)
        #expect(boxfile.workers.map(\.scale) == [3, 3, 1])
        #expect(boxfile.workers.map { $0.processes[0].command } == ["one", "two", "three"])
        #expect(boxfile.workers.allSatisfy { $0.variables.map(\.value) == ["1"] })
    }

    @Test(
        "images are known with owner and version, or by name alone",
        arguments: [
            ("redis", "redis", nil), ("redis:7", "redis", "7"), ("nanobox/redis:3.0", "redis", "3.0"),
            ("valkey/valkey:8-alpine", "valkey", "8-alpine"), ("postgres", "postgresql", nil),
            ("nanobox/postgresql:9.6", "postgresql", "9.6"), ("nanobox/unfs:0.9", "unfs", "0.9"),
            ("storage", "unfs", nil), ("docker.io/library/redis:latest", "redis", "latest"),
        ] as [(String, String, String?)])
    func images(text: String, program: String, tag: String?) throws {
        let image = try DataImage(text)
        #expect(image.program == program)
        #expect(image.tag == tag)
        #expect(image.description == text)
    }

    @Test("data components are found by their name in capitals")
    func dataEnvironment() throws {
        let boxfile = try Boxfile.parse(
            "data.my-queue: {image: redis}\ndata.db: {image: postgres}\ndata.f: {image: nfs}")
        let (queue, database, files) = (boxfile.data[0], boxfile.data[1], boxfile.data[2])
        #expect(
            queue.environment(host: "127.0.0.1", port: 6379) == [
                "DATA_MY_QUEUE_HOST": "127.0.0.1", "DATA_MY_QUEUE_PORT": "6379",
            ])
        #expect(
            database.environment(host: "/run", port: 5432, user: "app", password: "secret") == [
                "DATA_DB_HOST": "/run", "DATA_DB_PORT": "5432", "DATA_DB_USER": "app", "DATA_DB_PASS": "secret",
            ])
        #expect(files.environment(host: "h", port: 1).isEmpty)
    }
}
