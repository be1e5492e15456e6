r"""Rules for what the app says: its database, its AWS calls, and what scenarios see of it.

The rules of what was seen match the scenarios' own messages.
"""

from __future__ import annotations

from harness.diagnosis.patterns.platform import rule

SEEN = (
    rule(
        r"an error that the app logged to the channel '\w*', whose level is"
        r" '(?P<level>critical|alert|emergency)'",
        "LOG_LEVEL is {level}, so that no error of the app is logged",
    ),
    rule(
        r"an error that the app logged to the channel 'stderr'",
        "PHP-FPM keeps what its workers write to stderr: set catch_workers_output = yes in its"
        " pool",
    ),
    rule(
        r"an error that the app logged to the channel '(?P<channel>\w*)'",
        'LOG_CHANNEL is "{channel}", which does not reach the output of the container: set stderr',
    ),
    rule(
        r"the (?P<kind>\w+) task's definition is set for development: (?P<told>\w+=\S*)",
        "the {kind} task's definition says {told}: production has APP_ENV=production and"
        " APP_DEBUG=false",
    ),
    rule(
        r"an error in the (?P<kind>worker|scheduler) is not in its task's log: [^\n]*?"
        r"definition says (?P<told>[^\n]*?)(?:, within|\n|$)",
        "what the {kind} logs does not reach the output of its container: its task definition says"
        " {told}",
    ),
    rule(
        r"others were answered while [^\n]* took",
        "PHP-FPM has too few workers (pm.max_children): a few slow requests stop a whole task, and"
        " its health check with it",
    ),
    rule(
        r"the session cookie is for the domain (?P<domain>\S+)",
        "SESSION_DOMAIN is {domain}, so that browsers do not send the cookie to the public host",
    ),
    rule(
        r"the session cookie is for (?:the path )?(?P<path>/\S*)(?: only|,)",
        "SESSION_PATH is {path}, so that browsers do not send the cookie with other pages",
    ),
    rule(
        r"browsers drop the session cookie: Max-Age=(?P<age>\S+)",
        "SESSION_LIFETIME lets the session cookie end at once (Max-Age={age}): browsers drop it",
    ),
    rule(
        r"the session driver is '?(?P<driver>file|array|cookie|apc|redis|memcached)\b",
        'SESSION_DRIVER is "{driver}", and must be database: what one task stores there is not'
        " where every task reads",
    ),
    rule(
        r"a replayed request was accepted by another task",
        "CACHE_STORE is not shared by the tasks: file and array keep what one task alone sees",
    ),
    rule(
        r"the app takes the (?:client's word for its address|load balancer for the client)"
        r"(?=[\s\S]*xff_header_processing\.mode is (?P<mode>\w+))",
        "the load balancer's routing.http.xff_header_processing.mode is {mode}, and must be append:"
        " the app does not get the visitor's address",
    ),
    rule(
        r"the app takes the client's word for its address",
        "the app believes a spoofed X-Forwarded-For: TRUSTED_PROXIES trusts everyone, and must be"
        " the load balancer's subnets",
    ),
    rule(
        r"the app takes the client's word for its host",
        "the app believes X-Forwarded-Host, which a load balancer passes on from anyone: trust"
        " HEADER_X_FORWARDED_AWS_ELB only",
    ),
    rule(
        r"PHP has the visitor's address, \S+, for the load balancer's",
        "nginx's real_ip_header hides the load balancer from the app, which trusts none of its"
        " X-Forwarded headers then: leave the client's address to TRUSTED_PROXIES",
    ),
    rule(
        r"a link of the app is (?P<link>https?://(?:[\w-]+|[\d.]+)(?:[:/]\S*)?)(?=\s|$)",
        "the app's links go to {link}: ASSET_URL or APP_URL of the web task is the one of local"
        " development",
    ),
    rule(
        r"the app takes the load balancer for the client|the app does not see that the visitor"
        r" uses https|a link of the app is (?P<link>http://\S+)",
        "the app does not trust the load balancer: TRUSTED_PROXIES does not hold its subnets, so"
        " that X-Forwarded-* is ignored",
    ),
    rule(
        r"the session cookie is not Secure",
        "the session cookie is not Secure: SESSION_SECURE_COOKIE is not true in the task, or"
        " config/session.php does not read it",
    ),
    rule(
        r"the session cookie is not HttpOnly",
        "scripts can read the session cookie: SESSION_HTTP_ONLY is not true in the task",
    ),
    rule(
        r"the session cookie is SameSite=(?P<seen>\S+)",
        "SESSION_SAME_SITE makes the session cookie SameSite={seen}, and lax is what the app needs",
    ),
    rule(
        r"no cookie named (?P<name>\S+)",
        "the session cookie has another name than {name}: SESSION_COOKIE is not set in the task, so"
        " that the app's name decides",
    ),
    rule(
        r"another task does not know this session's id",
        "APP_KEY is not the same in every task, so that one cannot decrypt another's cookies",
    ),
    rule(
        r"signing in kept the session's id",
        "the sign-in does not call session()->regenerate(), so that an id that was known before is"
        " signed in after",
    ),
    rule(
        r"the session lives on after signing out",
        "the sign-out does not call session()->invalidate()",
    ),
    rule(
        r"form without its token was accepted",
        "the app does not check CSRF tokens: its middleware is switched off",
    ),
    rule(
        r"answered 419",
        "a form was refused with 419: its session was not there when it came back, since the cookie"
        " was not returned or cannot be decrypted",
    ),
    rule(
        r"The page (?P<page>\S+) answered 404",
        "the app has no page {page} in this environment: what it shows was not seeded (first_run in"
        " cutover.toml), or its route is gone",
    ),
    rule(
        r"The page (?P<page>\S+) answered 200, and has no form to (?P<form>\S+?)\.?\s",
        "the page {page} offers no {form}: what the visitor needs for it was not kept, or had ended"
        " already, when it was shown",
    ),
    rule(
        r"_probe/v1/\S+ answered 404",
        "the probe is off: the task has no CUTOVER_PROBE_KEY, or the app has not installed"
        " cutover-probe",
    ),
    rule(
        r"_probe/v1/\S+ answered 401",
        "the probe refuses the harness: CUTOVER_PROBE_KEY in the task is not the secret's current"
        " value, or the clocks differ by more than a minute",
    ),
    rule(
        r"the app uses (?P<seen>\S+) and not the proxy",
        "DB_HOST is {seen}, and must be the proxy's endpoint",
    ),
    rule(
        r"does not verify the database's certificate",
        "the app does not verify the database's certificate: ATTR_SSL_VERIFY_SERVER_CERT is off in"
        " config/database.php",
    ),
    rule(
        r"gets traffic, though its target is",
        "the load balancer still sends visitors to a target that it knows to be unhealthy",
    ),
    rule(
        r"only one task (?:ever )?answered",
        "only one task gets traffic: desiredCount is 1, a target is unhealthy, or stickiness is on",
    ),
    rule(
        r"(?:answered 413|\(413\)|client intended to send too large body"
        r"|POST Content-Length of \d+ bytes exceeds)",
        "a request is larger than the limits of nginx (client_max_body_size) or PHP"
        " (post_max_size, upload_max_filesize) in the image",
    ),
)
