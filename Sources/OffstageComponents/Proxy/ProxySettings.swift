// HAProxy's settings as text. Each web component is a backend with a fixed number of server slots, all empty at first.
// Processes are assigned to slots over the runtime socket, so nothing is ever reloaded and no connection is lost. The
// longest matching path wins, and a route with a host wins over one without.
import OffstageCore

/// Builds haproxy.cfg.
enum ProxySettings {
    /// Returns how many processes of a component can be behind the proxy at once, including those that are leaving.
    static func places(_ component: CodeComponent) -> Int {
        min(1024, component.processes.count * CodeComponent.scaleRange.upperBound + 32)
    }

    /// Returns the whole file. `page` is the file to show while no process is up. With `fixed`, each component's
    /// processes are permanently at these ports, and there is no runtime socket.
    static func text(
        _ webs: [CodeComponent], address: String, port: Int, page: String?, fixed: ((CodeComponent) -> [Int])? = nil
    ) -> String {
        let routes = webs.flatMap { web in web.routes.map { (route: $0, backend: web.name) } }
        let sorted = routes.sorted { one, other in
            if (one.route.host == nil) != (other.route.host == nil) { return one.route.host != nil }
            // A full host name is more specific than a subdomain.
            let dots = [one, other].map { $0.route.host?.contains(".") ?? false }
            if dots[0] != dots[1] { return dots[0] }
            return one.route.path.utf8.count > other.route.path.utf8.count
        }
        let steering = fixed == nil ? ["  stats socket unix@proxy.sock mode 600 level admin"] : []
        var lines =
            // Without it, two apps would silently share a port, and each would get half of the other's requests.
            ["global", "  noreuseport"] + steering + [
                "defaults", "  mode http",
                "  timeout connect 5s", "  timeout client 1h", "  timeout server 1h", "  timeout tunnel 24h",
                "  timeout http-request 30s", "  timeout http-keep-alive 60s", "  timeout queue 10s", "  retries 3",
                "  option redispatch", "  option forwardfor",
            ]
        lines +=
            (page.map { ["  errorfile 503 '\($0)'"] } ?? []) + [
                "frontend outside", "  bind \(place(address, port))",
            ]
        for entry in sorted {
            for condition in conditions(entry.route) { lines.append("  use_backend \(entry.backend)\(condition)") }
        }
        lines += ["  default_backend nothing", "backend nothing", "  http-request return status 404 content-type"]
        lines[lines.count - 1] += " text/plain string 'no component has this route'"
        for web in webs {
            lines += [
                "backend \(web.name)", "  balance roundrobin", "  default-server check inter 1s fall 2 rise 1",
            ]
            lines +=
                fixed.map { $0(web).map { "  server s\($0) 127.0.0.1:\($0)" } } ?? [
                    "  server-template s 1-\(places(web)) 127.0.0.1:1 disabled"
                ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Returns the address to bind. An empty address means all of the machine's, IPv4 and IPv6 where it has both.
    private static func place(_ address: String, _ port: Int) -> String {
        guard address.isEmpty else { return "\(address):\(port)" }
        return LocalPort.hasNewerAddresses ? ":::\(port) v4v6" : "*:\(port)"
    }

    /// Returns the conditions of a route, one of which must hold; an empty condition always holds.
    private static func conditions(_ route: Route) -> [String] {
        let host = route.host.map { host in
            host.contains(".")
                ? "{ req.hdr(host),field(1,:),lower -m str '\(host)' }"
                : "{ req.hdr(host),lower -m beg '\(host).' }"
        }
        guard route.path != "/" else { return [host.map { " if \($0)" } ?? ""] }
        let start = " if " + (host.map { $0 + " " } ?? "")
        return ["\(start){ path -m str '\(route.path)' }", "\(start){ path -m beg '\(route.path)/' }"]
    }

    /// The page that a browser gets while no process of a component is up.
    static let page = [
        "HTTP/1.1 503 Service Unavailable", "Cache-Control: no-store", "Connection: close", "Retry-After: 1",
        "Content-Type: text/html; charset=utf-8", "",
        "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=2><title>Starting</title>"
            + "<p style=\"font:1rem sans-serif;margin:4rem auto;max-width:30rem\">"
            + "This app is not up at the moment. The page tries again by itself.\n",
    ].joined(separator: "\r\n")
}
