// What the load balancer writes itself: trace ids and the bodies of its own answers.
import router from "router.js";

const REASONS = {
    301: "301 Moved Permanently",
    302: "302 Found",
    400: "400 Bad Request",
    405: "405 Not Allowed",
    408: "408 Request Time-out",
    414: "414 Request-URI Too Large",
    463: "463",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
};

function newId(r) {
    const seconds = Math.floor(Date.now() / 1000).toString(16);
    return `1-${seconds}-${r.variables.request_id.slice(8)}`;
}

// A client's Root is kept and a Self put before it; without a Root, one is added.
function traceId(r) {
    const given = r.headersIn["X-Amzn-Trace-Id"] || "";
    if (/(^|;)\s*Root=/.test(given)) {
        return `Self=${newId(r)};${given}`;
    }
    return given ? `Root=${newId(r)};${given}` : `Root=${newId(r)}`;
}

function send(r, status, type, body) {
    const bytes = Buffer.from(body);
    r.status = status;
    r.headersOut["Server"] = "awselb/2.0";
    if (type) {
        r.headersOut["Content-Type"] = type;
    }
    r.headersOut["Content-Length"] = String(bytes.length);
    r.sendHeader();
    if (r.method !== "HEAD") {
        r.send(bytes);
    }
    r.finish();
}

function page(r, status, words) {
    const reason = REASONS[status] || String(status);
    const lines = [
        "<html>",
        `<head><title>${reason}</title></head>`,
        "<body>",
        `<center><h1>${reason}</h1></center>`,
    ];
    const end = ["</body>", "</html>", ""];
    send(r, status, "text/html", lines.concat(words, end).join("\r\n"));
}

function failed(r) {
    page(r, Number(r.variables.status), []);
}

// A group that no service of this stack is behind is named: AWS's own page has no more than the
// reason, and somebody else's targets answer there.
function unavailable(r) {
    const group = router.decided(r).group;
    const words = `<center>target group ${group}: no service of this stack is behind it</center>`;
    page(r, 503, group ? [words] : []);
}

// A redirect, or a fixed response.
function own(r) {
    const decided = router.decided(r);
    if (decided.location) {
        r.headersOut["Location"] = decided.location;
        page(r, decided.status, []);
        return;
    }
    const type = decided.type;
    send(r, decided.status, /^text\//.test(type) ? `${type}; charset=utf-8` : type, decided.body);
}

export default { traceId, failed, unavailable, own };
