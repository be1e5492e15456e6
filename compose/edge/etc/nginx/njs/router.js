// What becomes of a request: a target, or an answer of the load balancer's own. Control replaces
// both files at any time, and nginx is not reloaded then: a reload cuts the connections that
// clients keep, which a load balancer does not.
import fs from "fs";
import rules from "rules.js";

const DIRECTORY = "/etc/nginx/harness";
// Visitors come from the internet; here each has an address of the engine's own network.
const VISITOR = "192.0.2.1";
const COOKIE = "AWSALBTG";

function read(name) {
    return JSON.parse(fs.readFileSync(`${DIRECTORY}/${name}`, "utf8"));
}

function hostOf(r) {
    return (r.variables.http_host || "").replace(/:[0-9]+$/, "");
}

function requestOf(r) {
    const uri = r.variables.request_uri.split("#")[0];
    const at = uri.indexOf("?");
    return {
        host: hostOf(r),
        path: at < 0 ? uri : uri.slice(0, at),
        query: at < 0 ? "" : uri.slice(at + 1),
        method: r.method,
        headers: r.rawHeadersIn,
        source_ip: VISITOR,
    };
}

function stickyGroup(r, groups) {
    const given = r.variables[`cookie_${COOKIE}`] || "";
    const name = Buffer.from(given, "base64url").toString();
    return name in groups ? name : "";
}

function forwarded(r, action) {
    const kept = action.sticky_s ? stickyGroup(r, action.groups) : "";
    const chance = crypto.getRandomValues(new Uint32Array(1))[0] / Math.pow(2, 32);
    const name = kept || rules.choose(action.groups, chance);
    const group = read("targets.json")[name] || { targets: [], served: false };
    if (group.targets.length === 0) {
        return { kind: "unavailable", group: group.served ? "" : name };
    }
    // They take turns, whichever worker a request meets.
    const turn = ngx.shared.turns.incr(name, 1, 0);
    const cookie = action.sticky_s ? Buffer.from(name).toString("base64url") : "";
    return {
        kind: "forward",
        target: group.targets[turn % group.targets.length],
        cookie: cookie && `${COOKIE}=${cookie}; Expires=${expiry(action.sticky_s)}; Path=/`,
    };
}

function expiry(seconds) {
    return new Date(Date.now() + seconds * 1000).toUTCString();
}

// As JSON, which nginx keeps in $decided for the others.
function decision(r) {
    const listeners = read("listeners.json");
    const listener = listeners[r.variables.server_port];
    if (Object.keys(listeners).length === 0) {
        return JSON.stringify({ kind: "unavailable", group: "" });
    }
    if (!listener) {
        return JSON.stringify({ kind: "closed" });
    }
    const request = requestOf(r);
    const rule = rules.decide(listener.rules, request);
    const action = rule.action;
    if (action.type === "forward") {
        const rewritten = rules.rewritten(rule.transforms, request);
        return JSON.stringify(Object.assign(forwarded(r, action), rewritten));
    }
    if (action.type === "redirect") {
        const port = r.variables.server_port;
        const to = rules.location(action, request, listener.protocol, port);
        return JSON.stringify({ kind: "own", status: action.status, location: to });
    }
    return JSON.stringify({
        kind: "own", status: action.status, type: action.content_type, body: action.body,
    });
}

function decided(r) {
    return JSON.parse(r.variables.decided);
}

function kind(r) {
    return decided(r).kind;
}

// With a rule that rewrites the URL, path and query follow.
function address(r) {
    return (decided(r).target || "") + (decided(r).uri || "");
}

function host(r) {
    return decided(r).host || r.variables.host_header;
}

function cookie(r) {
    return decided(r).cookie || "";
}

// The same for pages of other sites.
function crossCookie(r) {
    const found = cookie(r).replace(`${COOKIE}=`, `${COOKIE}CORS=`);
    return found && `${found}; SameSite=None; Secure`;
}

export default { decision, decided, kind, address, host, cookie, crossCookie };
