// The error messages for bad files: the exact first line of each, so that a change of wording is deliberate, and so
// that each message points at the place of the mistake.

import Testing

@testable import OffstageComponents

@Suite("Boxfile: error messages for bad files")
struct BoxfileErrorTests {
    private func errors(_ text: String) -> [String] {
        do {
            _ = try Boxfile.parse(text)
            return []
        } catch {
            return error.messages.map(\.description)
        }
    }

    static let table: [(String, String)] = [
        ("", "1:1: the file declares no component; add web.NAME, worker.NAME or data.NAME"),
        ("run.config: {engine: a}", "1:1: the file declares no component; add web.NAME, worker.NAME or data.NAME"),
        ("- a", "1:1: a boxfile is a map of components such as worker.main:, not a list"),
        ("worker.main", "1:1: a boxfile is a map of components such as worker.main:, not text"),
        (
            "worker.main: start: X",
            "1:19: a second colon in this line: put what follows \"worker.main:\" on a line of its own, indented, "
                + "or quote the text"
        ),
        ("worker.main:\n\tstart: X", "2:1: a tab indents this line; YAML takes only spaces there"),
        (
            "worker.main: sidekiq",
            "1:1: worker.main is text; below it and indented it needs start: and what else it has"
        ),
        ("data.queue:", "1:1: data.queue is empty; below it and indented it needs image: and what else it has"),
        ("worker.main: {}", "1:1: worker.main has no start; add start: with the command that it runs"),
        ("data.a: {config: {}}", "1:1: data.a has no image; add image: redis, valkey, postgresql or unfs"),
        ("worker.main: {start: }", "1:22: start of worker.main is empty; give it a value, or leave the key out"),
        ("worker.main: {start: \" \"}", "1:22: start of worker.main is empty; give it a command"),
        ("worker.main: {start: []}", "1:22: start of worker.main has 0 commands; it needs 1 to 32"),
        ("worker.main: {start: {a: [b]}}", "1:26: start a of worker.main must be text, not a list"),
        (
            "worker.main: {start: {a b: c}}",
            "1:23: \"a b\" cannot name a process of worker.main; begin with a letter and use at most 32 of "
                + "A-Z a-z 0-9 _ -"
        ),
        ("web.a: {start: b, start: c}", "1:19: \"start\" stands here twice; the first is at 1:9"),
        ("web.a: {start: b}\nweb.a: {start: c}", "2:1: \"web.a\" stands here twice; the first is at 1:1"),
        (
            "web.a: {start: \"a\\0b\"}",
            "1:16: start of web.a holds a NUL character, which no command, path or variable can"
        ),
        ("wroker.main: {start: a}", "1:1: unknown section \"wroker.main\"; did you mean worker.main?"),
        ("run.confg: {}", "1:1: unknown section \"run.confg\"; did you mean run.config?"),
        ("tcp.a: {}", "1:1: unknown section \"tcp.a\"; a component is web.NAME, worker.NAME or data.NAME"),
        ("worker: {start: a}", "1:1: worker has no name; write worker.main"),
        ("workr: {start: a}", "1:1: unknown section \"workr\"; did you mean worker.main?"),
        (
            "worker.a b: {start: a}",
            "1:1: \"worker.a b\" has no good name after the dot; begin with a letter and use at most 32 of "
                + "A-Z a-z 0-9 _ -"
        ),
        ("env: {A: b}", "1:1: env stands at the margin; it belongs into run.config, indented by two spaces"),
        ("image: redis", "1:1: image stands at the margin; indent it by two spaces to put it into data.queue"),
        (
            "web.a: {start: a}\nworker.b: {strat: a}",
            "2:1: worker.b has no start; add start: with the command that it runs"
        ),
        ("web.a: {start: a, scael: 2}", "1:19: unknown key \"scael\" in web.a; did you mean scale?"),
        (
            "web.a: {start: a, color: 2}",
            "1:19: unknown key \"color\" in web.a; known are start, cwd, env, log_watch, stop_timeout, scale, limits, "
                + "network_dirs, routes"
        ),
        (
            "web.a: {start: a, network-dirs: {}}",
            "1:19: unknown key \"network-dirs\" in web.a; did you mean network_dirs?"
        ),
        (
            "worker.a: {start: a, routes: [/]}",
            "1:22: routes is not for worker.a: a worker only starts conversations, nothing from outside reaches it; "
                + "move what serves requests into a web component"
        ),
        (
            "worker.a: {start: a, ports: [\"tcp:1:2\"]}",
            "1:22: ports is not for worker.a: a worker only starts conversations and is never given a port; "
                + "move what listens into a web component"
        ),
        (
            "web.a: {start: a, image: b}",
            "1:19: image is not for web.a: that is for data components; this one runs what its start says"
        ),
        (
            "data.a: {image: redis, scale: 2}",
            "1:24: scale is not for data.a: that is for web and worker components; a data component has only its image"
        ),
        (
            "deploy.config: {befor_live: {}}",
            "1:17: unknown key \"befor_live\" in deploy.config; did you mean before_live?"
        ),
        ("run.config: {dev: {color: 1}}", "1:20: unknown key \"color\" in dev of run.config; it knows only env"),
        (
            "data.a: {image: nanobox/mysql:5.6}",
            "1:17: image of data.a, \"nanobox/mysql:5.6\", is not known; known are redis, valkey, postgresql and unfs "
                + "(a shared folder), as nanobox/… or alone"
        ),
        (
            "data.a: {image: rediss}",
            "1:17: image of data.a, \"rediss\", is not known; known are redis, valkey, postgresql and unfs "
                + "(a shared folder), as nanobox/… or alone; did you mean redis?"
        ),
        (
            "data.a: {image: 'redis:'}",
            "1:17: image of data.a, \"redis:\", has no version after its colon; write redis:7 or redis alone"
        ),
        ("web.a: {start: a, scale: 0}", "1:26: scale of web.a, \"0\", must be a whole number from 1 to 256"),
        ("web.a: {start: a, scale: two}", "1:26: scale of web.a, \"two\", must be a whole number from 1 to 256"),
        ("web.a: {start: a, scale: [2]}", "1:26: scale of web.a must be text, not a list"),
        (
            "web.a: {start: a, stop_timeout: 90x}",
            "1:33: stop_timeout of web.a, \"90x\", must be a duration from 1s to 24h, such as 90s, 2m or 1h30m"
        ),
        (
            "web.a: {start: a, limits: {memory: 512}}",
            "1:36: memory of web.a, \"512\", must be a size from 1M to 1T, with a unit, such as 512M or 2G"
        ),
        (
            "web.a: {start: a, limits: {cpu: 2}}",
            "1:28: unknown key \"cpu\" in limits of web.a; did you mean cpu_share?"
        ),
        ("web.a: {start: a, limits: 5}", "1:27: limits of web.a must be a map, not text"),
        (
            "web.a: {start: a, limits: {open_files: 5}}",
            "1:40: open_files of web.a, \"5\", must be a whole number from 16 to 1048576"
        ),
        ("web.a: {start: a, cwd: ../b}", "1:24: cwd of web.a, \"../b\", may not lead out of a folder by .."),
        (
            "web.a: {start: a, cwd: ~/b}",
            "1:24: cwd of web.a, \"~/b\", may not begin with ~; write the whole path"
        ),
        ("web.a: {start: a, env: [A]}", "1:24: env of web.a must be a map, not a list"),
        (
            "web.a: {start: a, env: {A-B: c}}",
            "1:25: \"A-B\" cannot name a variable in env of web.a; use A-Z a-z 0-9 _ and no digit first"
        ),
        (
            "web.a: {start: a, env: {A: }}",
            "1:28: variable A in env of web.a is empty; write \"\" for no text, or ${NAME} for another's value"
        ),
        (
            "web.a: {start: a, env: {PORT: 80}}",
            "1:25: PORT in env of web.a is taken: each web process is given its own; use $PORT in start"
        ),
        (
            "web.a: {start: a, env: {A: '${B'}}",
            "1:28: variable A in env of web.a, \"${B\", has a ${ that no NAME} follows; write ${NAME}, or $${ for the "
                + "characters"
        ),
        (
            "worker.a:\n  start: a\n  env: {A: '${B}', B: 'x${A}'}",
            "3:9: A refers to itself in a circle: A → B → A"
        ),
        (
            "data.q: {image: redis}\nworker.a: {start: a, env: {A: '${DATA_Q_HSOT}'}}",
            "2:28: A refers to ${DATA_Q_HSOT}, which no data component sets; did you mean ${DATA_Q_HOST}?"
        ),
        (
            "data.q: {image: redis}\nworker.a: {start: a, env: {DATA_Q_HOST: x}}",
            "2:28: DATA_Q_HOST in env of worker.a is set by data.q; give yours another name"
        ),
        ("web.a: {start: a, routes: []}", "1:27: routes of web.a is empty; list something, or leave the key out"),
        (
            "web.a: {start: a, routes: [admin]}",
            "1:28: a route of web.a, \"admin\", must be a path such as /, /admin or api:/v1, with a "
                + "slash before the path"
        ),
        (
            "web.a: {start: a, routes: [/a?b]}",
            "1:28: a route of web.a, \"/a?b\", has a character that no path of a route has (?, #, a space, // and * "
                + "are such)"
        ),
        (
            "web.a: {start: a, routes: ['a_b:/']}",
            "1:28: a route of web.a, \"a_b:/\", has no host name before its colon; write api:/ or api.example.org:/"
        ),
        (
            "web.a: {start: a, routes: [/x]}\nweb.b: {start: a, routes: [/y, /x/]}",
            "2:32: web.b wants \"/x\", which web.a has at 1:28; one request goes to one component"
        ),
        (
            "web.a: {start: a, routes: [/x]}\nweb.b: {start: a}",
            "2:1: web.b has no routes, and web.a is a web component too; say which requests are whose"
        ),
        (
            "worker.a-b: {start: a}\nworker.A_b: {start: a}",
            "2:1: worker.A_b and worker.a-b at 1:1 are one name where case, - and _ make no difference; rename one"
        ),
        (
            "worker.a: {start: a, network_dirs: {data.files: [b]}}",
            "1:37: data.files is not in the file; add data.files: with image: unfs"
        ),
        (
            "worker.a: {start: a, network_dirs: {data.file: [b]}}\ndata.files: {image: unfs}",
            "1:37: data.file is not in the file; did you mean data.files?"
        ),
        (
            "worker.a: {start: a, network_dirs: {data.q: [b]}}\ndata.q: {image: redis}",
            "1:37: data.q is no storage component, it runs redis; network_dirs needs one with image: unfs"
        ),
        (
            "worker.a: {start: a, network_dirs: {web.b: [b]}}",
            "1:37: network_dirs of worker.a names \"web.b\"; it needs a storage component: data.NAME"
        ),
        (
            "worker.a: {start: a, network_dirs: {data.s: [/b]}}\ndata.s: {image: unfs}",
            "1:46: a folder of network_dirs of worker.a, \"/b\", must be a folder below the app's, "
                + "such as public/uploads"
        ),
        (
            "worker.a: {start: a, network_dirs: {data.s: [b/c, b]}}\ndata.s: {image: unfs}",
            "1:51: folder \"b\" of worker.a overlaps with the one at 1:46; share it once"
        ),
        (
            "worker.a: {start: a, log_watch: {a: ''}}",
            "1:37: log_watch \"a\" of worker.a, \"\", must be a path of 1 to 1024 characters on one line"
        ),
        ("worker.a: &a {start: *a}", "1:22: the alias *a stands within its own anchor at 1:11, a circle"),
        (
            "worker.a: !!map {start: a}",
            "1:11: the tag \"tag:yaml.org,2002:map\" is not understood; write the value without it"
        ),
    ]

    @Test("a mistake is reported in one line, with its place and what to do", arguments: table)
    func mistake(text: String, first: String) {
        #expect(errors(text).first == "boxfile.yml:" + first)
    }

    @Test("all mistakes are reported at once, in the file's order")
    func all() {
        let text = """
            worker.a:
              start: a
              scale: none
              network_dirs: {data.x: [b]}
            web.b:
              startt: c
            data.c: {image: mysql}
            worker.d: {start: e, start: f}
            """
        #expect(
            errors(text).map { $0.split(separator: ":").dropFirst().prefix(2).joined(separator: ":") } == [
                "3:10", "4:18", "5:1", "6:3", "7:17", "8:22",
            ])
    }

    @Test("a component that slipped to the margin is found")
    func margin() {
        #expect(
            errors("worker.main:\nstart: run\n") == [
                "boxfile.yml:1:1: worker.main is empty; below it and indented it needs start: and what else it has",
                "boxfile.yml:2:1: start stands at the margin; indent it by two spaces to put it into worker.main",
            ])
    }

    @Test("a reference to a component that has its own mistake is no second mistake")
    func consequences() {
        let text = "worker.a: {start: a, network_dirs: {data.s: [b]}}\ndata.s: {image: unknown}\n"
        #expect(errors(text).count == 1)
    }

    @Test("at most 50 errors are reported, with the number of further ones")
    func many() {
        let text = "worker.a:\n  start: a\n" + (0..<90).map { "  zzzzzzzz\($0): 1\n" }.joined()
        #expect(errors(text).count == 51)
        #expect(errors(text).last == "boxfile.yml:52:3: and 40 more errors after this one")
    }

    @Test("messages stay on one line whatever the file contains")
    func oneLine() {
        for line in errors("\"a\\nb\\e[31m\": 1\nworker.a: {start: a, \"x\\ny\": 1, cwd: \"a\\nb\"}\n") {
            #expect(line.unicodeScalars.allSatisfy { $0.value > 31 && $0.value != 127 }, "\(line)")
        }
    }
}
