"""Patterns for the lines of an image's own programs: the shell, nginx, PHP-FPM."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source
from harness.target.clients.http import STATUS_CAUSES

_SCRIPT = r"(?P<file>\S*(?:entrypoint|\.sh|local/bin/[\w.-]+)): (?:line )?\d+: "
"""The start of a shell's message about a script of the image."""

SHELL = (
    Pattern(
        Source.APP,
        match=_SCRIPT + r"(?:\$'\\r'|set: Illegal option -\s*$|\S*\r)",
        cause="the script {file} of the image has Windows line ends (CRLF), and the shell ends at"
        " the first: have Git check it out with LF",
        example="/usr/local/bin/entrypoint: 4: set: Illegal option -",
    ),
    Pattern(
        Source.APP,
        match=r"(?:^|\\n|\s)(?P<file>\S+): (?:line )?\d+: (?P<word>\[\[|source|shopt|declare"
        r"|pushd|popd): (?:command )?not found",
        cause="{task} runs words of bash, such as {word}, with another shell ({file}): begin the"
        " script with #!/bin/bash, where the image has it, or write them for sh",
        example=("sh: 1: source: not found", "/usr/local/bin/entrypoint: 9: [[: not found"),
    ),
    Pattern(
        Source.APP,
        match=_SCRIPT + r"(?P<words>[^\n]*(?:parameter not set|unbound variable|not found|rror[:\s]"
        r"|llegal option|ermission denied|o such file|annot open)[^\n]*)",
        cause="the script {file} of the image ends at once: {words}",
        example=(
            "/usr/local/bin/entrypoint: 21: 1: parameter not set",
            "start.sh: line 14: supervisord: command not found",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"\bsh: (?:line )?\d+: (?:exec: )?\S*sendmail: (?:command )?not found",
        cause="{task} hands a mail to sendmail, as PHP's mail() and the mailer sendmail do, and a"
        " task has none: send it by Laravel's Mail, and by SES",
        example="sh: 1: /usr/sbin/sendmail: not found",
    ),
    Pattern(
        Source.APP,
        match=r"(?:\\n|\b)sh: (?:line )?\d+: (?:exec: )?(?P<program>[\w./+-]+):"
        r" (?:command )?not found",
        cause="{task} runs the program {program}, which is not in the image: install it in the"
        " Dockerfile",
        example=(
            "sh: 1: exec: qrencode: not found",
            r'{"message":"The command failed.\n\nError Output:\nsh: 1: wkhtmltopdf: not found"}',
        ),
    ),
    Pattern(
        Source.APP,
        match=r"No space left on device",
        cause="{task} has no room left to write: a tmpfs or the task's ephemeral storage is too"
        " small",
        example="file_put_contents(/tmp/x): Failed to open stream: No space left on device",
    ),
    Pattern(
        Source.APP,
        match=r"Read-only file system",
        cause="{task} writes to a path of its read-only root that is not declared writable",
        example="/usr/local/bin/entrypoint: cannot create public/started: Read-only file system",
    ),
)

FPM = (
    Pattern(
        Source.APP,
        match=r"\[pool \S+\] user has not been defined",
        cause="PHP-FPM is started by root, and its pool names no user: the container runs as root,"
        " since its task definition says so or its Dockerfile has no USER",
        example="[26-Nov-2026 13:48:18] ALERT: [pool www] user has not been defined",
    ),
    Pattern(
        Source.APP,
        match=r"\] (?:ALERT: (?=\[pool )|ERROR: (?=\[/|failed to open"
        r"|unable to (?:bind|create|globalize)|\[pool \S+\] cannot get))"
        r"(?P<words>[^\n]{1,240})",
        cause="PHP-FPM does not start: {words}",
        example=(
            "[27-Nov-2026 20:45:14] ALERT: [pool www] pm.start_servers(20) must not be less than"
            " pm.min_spare_servers(5) and not greater than pm.max_spare_servers(10)",
            "[27-Nov-2026 20:45:14] ERROR: [/etc/php/8.4/fpm/php-fpm.conf:9] unknown entry 'x'",
            "[27-Nov-2026 20:45:14] ERROR: unable to bind listening socket for address"
            " '/run/php/php-fpm.sock': No such file or directory (2)",
            "[28-Nov-2026 19:37:32] ERROR: Unable to create or open slowlog(/var/log/php/slow.log):"
            " No such file or directory (2)",
            "[29-Nov-2026 22:08:23] ERROR: [pool www] cannot get uid for user 'nginx': Success (0)",
            "[29-Nov-2026 22:08:10] ERROR: Unable to globalize '/etc/php/8.4/fpm/pool.d/*.conf'"
            " (ret=2) from /etc/php/8.4/fpm/php-fpm.conf at line 23.",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"server reached pm\.max_children",
        cause="PHP-FPM has no worker left: pm.max_children is too low",
        example="WARNING: [pool www] server reached pm.max_children setting (5), consider raising",
        symptom=True,
    ),
)

_HEALTH = r"/(?:up|ping|status|live|livez|ready|readyz|health[\w-]*)\b"

NGINX = (
    Pattern(
        Source.APP,
        match=rf'"[^"]*{_HEALTH}[^"]*",\s*"status":\s*"?444\b|{_HEALTH}[^"\n]*" 444 \d',
        cause="nginx closes the load balancer's health check without an answer (444): the server"
        " block that takes unknown hosts must answer its path, since the check's Host is the"
        " target's address",
        example=(
            '{"channel":"access","method":"GET","path":"/healthz","status":444,"bytes":0}',
            '10.0.1.5 - - [29/Nov/2026:08:40:42 +0000] "GET /up HTTP/1.1" 444 0 "-"'
            ' "ELB-HealthChecker/2.0"',
        ),
    ),
    Pattern(
        Source.APP,
        match=r"bind\(\) to 0\.0\.0\.0:(?P<port>\d+) failed \(13",
        cause="nginx listens on port {port}, which a user other than root may not: use 8080",
        example="nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)",
    ),
    Pattern(
        Source.APP,
        match=r"broken header: [^\n]* while reading PROXY protocol",
        cause="nginx waits for the PROXY protocol, which an Application Load Balancer does not"
        " speak: take proxy_protocol out of its listen",
        example='2026/11/29 18:50:00 [error] 7#7: *1 broken header: "GET /up HTTP/1.1" while'
        " reading PROXY protocol, client: 10.40.0.2, server: 0.0.0.0:8080",
    ),
    Pattern(
        Source.APP,
        match=r"(?:host not found in upstream \"|no resolver defined to resolve )"
        r"(?P<host>[^\s\",:]+)",
        cause="nginx does not know the host {host}, to which it passes requests: a name of Docker"
        " Compose is none in a task, whose containers, PHP-FPM's too, are at 127.0.0.1 for each"
        " other",
        example='nginx: [emerg] host not found in upstream "php" in /etc/nginx/nginx.conf:37',
    ),
    Pattern(
        Source.APP,
        match=r"(?P<count>\d+) worker_connections are not enough",
        cause="nginx's worker_connections ({count}) are too few: each visitor takes two",
        example="2026/11/27 07:38:25 [alert] 42#42: 16 worker_connections are not enough",
    ),
    Pattern(
        Source.APP,
        match=r"connect\(\) to \S+ failed \(11: ",
        cause="PHP-FPM's queue is full: listen.backlog or pm.max_children of its pool is too small",
        example="connect() to unix:/tmp/php-fpm.sock failed (11: Resource temporarily unavailable)"
        " while connecting to upstream",
    ),
    Pattern(
        Source.APP,
        match=r"connect\(\) (?=to unix:|to 127\.|failed)[^\n]*?"
        r"(?P<where>unix:[^\s:\"]+|(?:127\.0\.0\.1|\[::1\]):\d+)",
        # As a task starts, a health check may come before PHP-FPM listens.
        symptom=True,
        cause="PHP-FPM does not listen at {where}, where nginx looks for it",
        example=(
            "connect() to unix:/run/php.sock failed (2: No such file or directory)",
            "connect() failed (111: Connection refused) while connecting to upstream, client:"
            ' 10.0.0.4, request: "GET /", upstream: "fastcgi://127.0.0.1:9000"',
        ),
    ),
    Pattern(
        Source.APP,
        match=r"\[emerg\] \d+#\d+: (?P<said>[^\n]{1,240})",
        cause="nginx does not start: {said}",
        example='2026/11/26 07:57:59 [emerg] 26#26: open() "/var/log/nginx/a.log" failed (2: No'
        " such file or directory)",
    ),
    Pattern(
        Source.APP,
        match=r"^Error: (?P<said>(?:adapting|loading)(?: initial)? config[^\n]{1,240})",
        cause="Caddy, or FrankenPHP, does not start: {said}",
        example=(
            "Error: adapting config using caddyfile: /etc/caddy/Caddyfile:5 - Error during parsing:"
            " unrecognized servers option 'trusted_proxies'",
            "Error: loading initial config: loading new config: http app module: start: listening"
            " on :80: listen tcp :80: bind: permission denied",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"dialing backend: dial (?:unix|tcp) (?P<where>[^\s\"]+?): connect",
        symptom=True,
        cause="PHP-FPM does not listen at {where}, where Caddy looks for it",
        example='"msg":"dialing backend: dial unix /run/php/a.sock: connect: no such file or'
        ' directory"',
    ),
    Pattern(
        Source.APP,
        match=r"\[(?:crit|error)\] [^\n]*?\w+\(\) \"(?P<path>/[^\"\n]+)\" failed \(13: ",
        cause="nginx has no right to {path}: what it serves must be readable for the container's"
        " user, and the directories of its temporary files writable",
        example='2026/11/27 20:57:59 [crit] 26#26: *9 open() "/var/lib/nginx/body/0000000001"'
        " failed (13: Permission denied), client: 10.0.0.4",
    ),
    Pattern(
        Source.APP,
        # A visitor may ask for any file: one that is not there is nobody's fault.
        match=r"Primary script unknown(?![^\n]*request: \"\w+ /(?!index\.php\b)[^\s?\"]*\.php\b)",
        cause="nginx gives PHP-FPM a script path that is not in the image: its root must be the"
        " app's public directory, and no volume of the task definition may be mounted over it",
        example=(
            'FastCGI sent in stderr: "Primary script unknown" while reading response header',
            'FastCGI sent in stderr: "Primary script unknown" while reading response header from'
            ' upstream, client: 10.0.0.4, server: , request: "GET /up HTTP/1.1", upstream:',
        ),
    ),
    Pattern(
        Source.APP,
        match=r'directory index of "(?P<path>/[^"\n]+)" is forbidden[^\n]*request: "\w+ /[ ?]',
        cause="nginx finds no index file in {path}: its server block lacks index index.php, or its"
        " root is not the app's public directory",
        example='2026/11/28 20:11:45 [error] 83#83: *3 directory index of "/app/public/" is'
        ' forbidden, client: 10.0.0.4, server: , request: "GET / HTTP/1.1", host: "a.example"',
    ),
    Pattern(
        Source.APP,
        match=r"Insufficient shared memory for interned strings buffer",
        cause="PHP does not start: opcache.interned_strings_buffer leaves OPcache nothing of its"
        " memory: raise opcache.memory_consumption",
        example="Fatal Error Insufficient shared memory for interned strings buffer! (tried to"
        " allocate 16777432 bytes)",
    ),
    Pattern(
        Source.APP,
        match=r"gave up: (?P<name>[\w:-]+) entered FATAL state",
        cause="supervisord's program {name} ends each time it is started, and supervisord goes on"
        " without it: the lines before say why",
        example="2026-11-28 10:00:00,123 INFO gave up: php-fpm entered FATAL state, too many start"
        " retries too quickly",
        symptom=True,
    ),
    Pattern(
        Source.APP,
        match=r"upstream sent too big header",
        cause="nginx refuses the app's response headers: fastcgi_buffer_size is too small",
        example="upstream sent too big header while reading response header from upstream",
    ),
    Pattern(
        Source.APP,
        match=r"limiting (?:requests|connections)\b[^\n]* by zone \"(?P<zone>[^\"]*)\"",
        cause='nginx\'s limit "{zone}" turns visitors away: behind a load balancer all of them have'
        " its address, until real_ip_header and set_real_ip_from tell them apart",
        example='[error] 9#9: *1 limiting requests, excess: 5.1 by zone "login", client: 10.0.0.4',
    ),
    Pattern(
        Source.APP,
        match=r"access forbidden by rule, client: (?P<client>[\d.]+)[^\n]*request: \"\w+ /(?!\.)",
        cause="nginx's allow and deny see the load balancer ({client}) and not the visitor, until"
        " real_ip_header and set_real_ip_from tell them apart; addresses are better told apart by"
        " the load balancer's rules or a firewall",
        example="2026/11/28 04:00:00 [error] 9#9: *1 access forbidden by rule, client: 10.40.0.9,"
        ' server: _, request: "GET /events/1/documents HTTP/1.1", host: "shop.example"',
    ),
    Pattern(
        Source.APP,
        match=r"client intended to send too large body|\(413\)"
        r"|POST Content-Length of \d+ bytes exceeds",
        cause=STATUS_CAUSES[413],
        example=(
            "client intended to send too large body: 20971520 bytes",
            "PHP Warning:  POST Content-Length of 20971927 bytes exceeds the limit of 8388608",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"Application is now in maintenance mode",
        cause="a task puts the app into maintenance when it starts: workers take no job, and"
        " visitors get 503; take php artisan down out of the entrypoint",
        example="   INFO  Application is now in maintenance mode.",
    ),
    Pattern(
        Source.APP,
        match=r'"status": ?503\b|HTTP/\d\.\d" 503\b',
        cause="the app itself answers 503: it is in maintenance, since php artisan down was run in"
        " the task or by the image's entrypoint",
        example='{"channel":"access","method":"GET","path":"/","status":503,"bytes":744}',
        symptom=True,
    ),
)
