// Which target gets the next request. Control replaces the file at any time, and nginx is not
// reloaded then: a reload cuts the connections that clients keep, which a load balancer does not.
import fs from "fs";

const FILE = "/etc/nginx/harness/targets";

// They take turns, whichever worker a request meets.
function next() {
    const targets = fs.readFileSync(FILE, "utf8").split("\n").filter((line) => line);
    if (targets.length === 0) {
        return "";
    }
    return targets[ngx.shared.turns.incr("next", 1, 0) % targets.length];
}

export default { next };
