// What the load balancer writes itself: trace ids and the bodies of its own answers.

const REASONS = {
    301: "301 Moved Permanently",
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

function answer(r, status) {
    const reason = REASONS[status] || String(status);
    const body = [
        "<html>",
        `<head><title>${reason}</title></head>`,
        "<body>",
        `<center><h1>${reason}</h1></center>`,
        "</body>",
        "</html>",
        "",
    ].join("\r\n");
    r.status = status;
    r.headersOut["Server"] = "awselb/2.0";
    r.headersOut["Content-Type"] = "text/html";
    r.headersOut["Content-Length"] = String(body.length);
    r.sendHeader();
    if (r.method !== "HEAD") {
        r.send(body);
    }
    r.finish();
}

function failed(r) {
    answer(r, Number(r.variables.status));
}

// An ALB names the port even where it is the default one.
function redirect(r) {
    r.headersOut["Location"] = `https://${r.variables.host}:443${r.variables.request_uri}`;
    answer(r, 301);
}

function unknownHost(r) {
    r.headersOut["Server"] = "awselb/2.0";
    r.headersOut["Content-Type"] = "text/plain; charset=utf-8";
    r.return(404, "Not found");
}

export default { traceId, failed, redirect, unknownHost };
