// Which rule of a listener takes a request, and where a redirect leads: no more than language, so
// that Node reads it too. Rules come in their order, and the last one takes every request.

function fits(expression, text, ignoresCase) {
    return new RegExp(expression, ignoresCase ? "i" : "").test(text);
}

function number(address) {
    return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

// IPv4 alone: no visitor has another address here.
function isWithin(address, network) {
    const parts = network.split("/");
    if (parts[0].includes(":") || address.includes(":")) {
        return false;
    }
    const size = Math.pow(2, 32 - Number(parts.length > 1 ? parts[1] : 32));
    return Math.floor(number(parts[0]) / size) === Math.floor(number(address) / size);
}

function pairsOf(query) {
    return query.split("&").filter((one) => one).map((one) => {
        const at = one.indexOf("=");
        return at < 0 ? [one, ""] : [one.slice(0, at), one.slice(at + 1)];
    });
}

function textsOf(condition, request) {
    switch (condition.field) {
    case "path-pattern": return [request.path];
    case "host-header": return [request.host];
    case "http-request-method": return [request.method];
    case "http-header":
        return request.headers.filter((one) => one[0].toLowerCase() === condition.header)
            .map((one) => one[1]);
    default: return [];
    }
}

function holds(condition, request) {
    const ignores = condition.ignores_case;
    if (condition.field === "source-ip") {
        return condition.networks.some((one) => isWithin(request.source_ip, one));
    }
    if (condition.field === "query-string") {
        return pairsOf(request.query).some((found) => condition.pairs.some((wanted) =>
            (!wanted[0] || fits(wanted[0], found[0], ignores)) && fits(wanted[1], found[1], ignores)));
    }
    return condition.expressions.some((one) =>
        textsOf(condition, request).some((text) => fits(one, text, ignores)));
}

function decide(rules, request) {
    return rules.find((rule) => rule.conditions.every((one) => holds(one, request)));
}

// An ALB names the port even where it is the default one.
function location(action, request, protocol, port) {
    const words = {
        "#{protocol}": protocol,
        "#{host}": request.host,
        "#{port}": String(port),
        "#{path}": request.path.replace(/^\//, ""),
        "#{query}": request.query,
    };
    const filled = (text) => text.replace(/#\{\w+\}/g, (word) => word in words ? words[word] : word);
    const query = filled(action.query);
    return `${filled(action.protocol).toLowerCase()}://${filled(action.host)}:${filled(action.port)}`
        + filled(action.path) + (query ? `?${query}` : "");
}

// Host, and path with query, as a target gets them; empty where no transform changes them.
function rewritten(transforms, request) {
    const uri = request.path + (request.query ? `?${request.query}` : "");
    const texts = { "host-header-rewrite": request.host, "url-rewrite": uri };
    const changed = {};
    transforms.forEach((one) => {
        const text = texts[one.kind];
        const found = text.replace(new RegExp(one.expression), one.replacement);
        changed[one.kind] = found === text ? "" : found;
    });
    return { host: changed["host-header-rewrite"] || "", uri: changed["url-rewrite"] || "" };
}

// A number of 0 to 1 chooses among groups by their weights; none where all weigh nothing.
function choose(groups, chance) {
    const names = Object.keys(groups);
    let left = chance * names.reduce((sum, name) => sum + groups[name], 0);
    return names.find((name) => {
        left -= groups[name];
        return groups[name] > 0 && left < 0;
    }) || "";
}

export default { decide, location, rewritten, choose };
