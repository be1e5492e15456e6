"""The likely cause: one sentence for each mistake that a cutover is known for."""

from __future__ import annotations

import json

import pytest

from harness.core.redact import Secret
from harness.diagnosis.causes import RULES, find_cause, likely_cause

NEVER = "web task 0123abcd (tickets-web:3); TaskFailedToStart: ResourceInitializationError: unable"
PULL = f"{NEVER} to pull secrets or registry auth: execution resource retrieval failed: unable to"
ASM = f"{PULL} retrieve secret from asm: service call has been retried 1 time(s):"
TAKES = "DB_PASSWORD <- arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/db-Ab3dE5:{}::"
USER = "User: arn:aws:sts::1:assumed-role/{}/0123abcd"
DENIED = "is not authorized to perform: {} on resource: {} because no policy allows it"

SAID = {
    "a secret without the key": (
        [f"{ASM} retrieved secret from Secrets Manager did not contain json key password"],
        'the web task never started: secret key "password" is missing in the secret that its task'
        " definition names",
    ),
    "a secret without the key, and the definition at hand": (
        [
            f"{ASM} retrieved secret from Secrets Manager did not contain json key password",
            TAKES.format("password"),
        ],
        'the web task never started: secret key "password" is missing in tickets/db',
    ),
    "no such secret": (
        [f"{ASM} failed to fetch secret {TAKES.format('k').split()[-1]} from secrets manager: x"],
        "the web task never started: the secret tickets/db does not exist in this account and"
        " region",
    ),
    "miscounted colons": (
        [f"{ASM} minimum field size of 32, GetSecretValueInput.VersionId."],
        "the web task never started: a valueFrom has the wrong number of colons",
    ),
    "log group": (
        [f"{NEVER} to x: failed to initialize logging driver: failed to create"],
        "the web task never started: its log group does not exist",
    ),
    "architecture": (
        ["exec /usr/local/bin/entrypoint: exec format error"],
        "a task never started: its image is for another CPU architecture",
    ),
    "architecture of the manifest": (
        [
            "web task 0123abcd (tickets-web:3); CannotPullContainerError: x image Manifest does not"
            " contain descriptor matching platform 'linux/arm64'"
        ],
        "the web task never started: its image is for another CPU architecture than linux/arm64",
    ),
    "memory": (["OutOfMemoryError: container killed due to memory usage"], "was killed for memory"),
    "no key": (["No application encryption key has been specified."], "APP_KEY is missing"),
    "short key": (
        ["Unsupported cipher or incorrect key length. Supported ciphers are: x."],
        "APP_KEY has the wrong length",
    ),
    "other key": (["DecryptException: The MAC is invalid."], "APP_KEY is not the same"),
    "no vendor": (
        ["PHP Fatal error: Failed opening required '/srv/app/vendor/autoload.php'"],
        "composer install did not run",
    ),
    "no redis": (['Class "Redis" not found'], "a driver is set to redis"),
    "unwritable": (
        ["The /srv/app/bootstrap/cache directory must be present and writable."],
        "is not writable for the app's user",
    ),
    "fpm elsewhere": (
        ["connect() to unix:/run/php.sock failed (2: No such file or directory)"],
        "PHP-FPM does not listen at unix:/run/php.sock",
    ),
    "plaintext, RDS Proxy": (
        ["SQLSTATE[HY000] [3159] This RDS Proxy requires TLS connections"],
        "the app speaks to the database in plain text: MYSQL_ATTR_SSL_CA is not set",
    ),
    "plaintext, Router": (
        ["[2026] SSL connection error: SSL is required from client"],
        "plain text",
    ),
    "plaintext, server": (
        ["Connections using insecure transport are prohibited while --require_secure_transport"],
        "plain text",
    ),
    "untrusted CA": (
        ["PDO::__construct(): SSL operation failed: certificate verify failed"],
        "does not hold the CA of the certificate",
    ),
    "wrong name": (
        ["Peer certificate CN=`tickets.proxy-x' did not match expected CN=`proxy'"],
        "DB_HOST is not a name in the proxy's certificate",
    ),
    "wrong password": (
        ["SQLSTATE[HY000] [1045] Access denied for user 'tickets'@'10.0.0.1' (password: YES)"],
        'the database refuses the account "tickets"',
    ),
    "empty password": (
        ["[1045] Access denied for user 'tickets'@'%' (using password: NO)"],
        "DB_PASSWORD is empty in the task",
    ),
    "no migrations": (
        ["SQLSTATE[42S02]: 1146 Table 'tickets.sessions' doesn't exist"],
        "the table tickets.sessions is missing: no migration makes it",
    ),
    "unknown host": (
        ["php_network_getaddresses: getaddrinfo for tickets.cluster-x failed: Name or service"],
        "DB_HOST is a name that the task cannot resolve",
    ),
    "security group": (["SQLSTATE[HY000] [2002] Connection timed out"], "cannot reach DB_HOST"),
    "sqlite": (["Database file at path [/srv/database.sqlite] does not exist"], "uses sqlite"),
    "no credentials": (
        ["Aws\\Exception\\CredentialsException: Error retrieving credentials"],
        "the app finds no AWS credentials",
    ),
    "no right": (
        ["User: arn:aws:sts::1:x is not authorized to perform: s3:PutObject on resource: arn:y"],
        "the task role lacks s3:PutObject",
    ),
    "no right, role and resource": (
        [f"AccessDenied (client): {USER.format('web')} {DENIED.format('s3:PutObject', 'arn:y/z')}"],
        "the task role web lacks s3:PutObject on arn:y/z",
    ),
    "denied by the bucket's policy": (
        [
            f"AccessDenied (client): {USER.format('web')} is not authorized to perform:"
            " s3:PutObject on resource: arn:y/z with an explicit deny in a resource-based policy"
        ],
        "the policy of the bucket or queue itself denies s3:PutObject on arn:y/z to the task role",
    ),
    "a script with Windows line ends": (
        ["/usr/local/bin/entrypoint: 4: set: Illegal option -"],
        "the script /usr/local/bin/entrypoint of the image has Windows line ends",
    ),
    "a script without its variable": (
        ["web task 12ab\n/usr/local/bin/entrypoint: 21: 1: parameter not set"],
        "the script /usr/local/bin/entrypoint of the image ends at once: 1: parameter not set",
    ),
    "a script without its program": (
        ["start.sh: line 14: supervisord: command not found"],
        "the script start.sh of the image ends at once: supervisord: command not found",
    ),
    "an unknown command": (
        ['ERROR  Command "optmize" is not defined. Did you mean this?'],
        "php artisan has no command optmize",
    ),
    "a closure in the configuration": (
        ["LogicException: Your configuration files are not serializable."],
        "php artisan config:cache fails",
    ),
    "two routes of one name": (
        ["Unable to prepare route [login] for serialization. Another route has that name"],
        "php artisan route:cache fails: two routes have the name or path login",
    ),
    "a full disk": (
        ["file_put_contents(/tmp/x): Failed to open stream: No space left on device"],
        "has no room left to write",
    ),
    "an entry point that may not be run": (
        ['OCI runtime create failed: exec: \\"entrypoint\\": permission denied: unknown'],
        "the command or entry point of its task definition is not in the image",
    ),
    "no function for signals": (
        ["Error: Call to undefined function Illuminate\\Queue\\pcntl_async_signals()"],
        "PHP has no function pcntl_async_signals",
    ),
    "no extension": (
        ['RuntimeException: The \\"intl\\" PHP extension is required to use the [format] method.'],
        "the image lacks the PHP extension intl",
    ),
    "3-byte characters": (
        ["General error: 1366 Incorrect string value: '\\xF0' for column 'original_name' at row 1"],
        "DB_CHARSET must be utf8mb4",
    ),
    "a FIFO queue": (
        ["MissingParameter (client): The request must contain the parameter MessageGroupId."],
        "the queue is a FIFO queue",
    ),
    "no log for errors": (
        ["an error that the app logged to the channel 'stderr', whose level is 'critical', is not"],
        "LOG_LEVEL is critical",
    ),
    "FPM keeps its log": (
        ["an error that the app logged to the channel 'stderr', whose level is 'debug', is not"],
        "set catch_workers_output = yes",
    ),
    "a log of its own": (
        ["an error that the app logged to the channel 'single', whose level is 'debug', is not"],
        'LOG_CHANNEL is "single"',
    ),
    "a worker's log of its own": (
        [
            "AssertionError: an error in the worker is not in its task's log: the worker task's"
            " definition says LOG_CHANNEL=a.b, LOG_LEVEL=info, within 15 s. The last answer: False"
        ],
        "container: its task definition says LOG_CHANNEL=a.b, LOG_LEVEL=info",
    ),
    "no DNS": (
        [
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='tickets.example',"
            " port=443): Max retries exceeded with url: /login (Caused by NameResolutionError(x))"
        ],
        "the name tickets.example is unknown here",
    ),
    "the old host's certificate": (
        [
            "requests.exceptions.SSLError: HTTPSConnectionPool(host='tickets.example', port=443):"
            " Max retries exceeded with url: / (Caused by SSLError(SSLCertVerificationError(1,"
            ' "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch,'
            " certificate is not valid for 'tickets.example'. (_ssl.c:1000)\")))"
        ],
        "the certificate of tickets.example is refused: Hostname mismatch, certificate is not valid"
        " for 'tickets.example'.; the load balancer's listener",
    ),
    "no listener": (
        [
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='tickets.example',"
            " port=443): Max retries exceeded with url: / (Caused by NewConnectionError(x,"
            " '[Errno 111] Connection refused'))"
        ],
        "nothing answers at tickets.example, port 443",
    ),
    "few connections": (
        ["2026/11/27 07:38:25 [alert] 42#42: 16 worker_connections are not enough"],
        "nginx's worker_connections (16) are too few",
    ),
    "a full queue": (
        [
            "connect() to unix:/tmp/php-fpm.sock failed (11: Resource temporarily unavailable)"
            " while connecting to upstream"
        ],
        "PHP-FPM's queue is full",
    ),
    "a worker that debugs": (
        ["AssertionError: the worker task's definition is set for development: APP_DEBUG=true"],
        "the worker task's definition says APP_DEBUG=true",
    ),
    "a busy pool": (
        ["no more than 2 others were answered while 4 requests took 4 s each"],
        "PHP-FPM has too few workers",
    ),
    "a cookie for one path": (
        ["the session cookie is for the path /admin, and no other"],
        "SESSION_PATH is /admin",
    ),
    "no right on the key": (
        [f"AccessDenied (client): {USER.format('web')} {DENIED.format('kms:Decrypt', 'arn:k')}"],
        "the task role web lacks kms:Decrypt on the key that bucket or queue is encrypted with",
    ),
    "no signature": (
        ["MissingAuthenticationToken (client): Request is missing Authentication Token"],
        "the task has no task role",
    ),
    "no right to pull": (
        [
            f"{NEVER} to x; CannotPullContainerError: denied: AccessDeniedException:"
            f" {USER.format('execution')} {DENIED.format('ecr:BatchGetImage', 'arn:y')}"
        ],
        "the web task never started: its execution role execution lacks ecr:BatchGetImage on arn:y",
    ),
    "no right to read a secret": (
        [
            f"{ASM} failed to fetch secret arn:aws:secretsmanager:x:1:secret:a from secrets"
            f" manager: AccessDeniedException: {USER.format('e')} {DENIED.format('s:G', 'arn:y')}"
        ],
        "its execution role may not read arn:aws:secretsmanager:x:1:secret:a",
    ),
    "no right to run a task": (
        [
            "WARNING rule each-minute: tick a of 2026-11-25T07:00:00Z: RunTask:"
            f" AccessDeniedException: {USER.format('rule')} {DENIED.format('ecs:RunTask', 'arn:y')}"
        ],
        "the rule each-minute cannot run its task: its role rule lacks ecs:RunTask on arn:y",
    ),
    "a fatal error": (
        ["PHP Fatal error:  Uncaught Error: Call to undefined function App\\x() in /x.php:3"],
        "PHP ends in a fatal error: Uncaught Error: Call to undefined function",
    ),
    "an error that no rule knows": (
        [
            json.dumps(
                {
                    "message": "cutover-probe job a was told to fail",
                    "context": {},
                    "level_name": "ERROR",
                },
                separators=(",", ":"),
            ),
            json.dumps(
                {"message": 'The "x" is no y.', "context": {}, "level_name": "ERROR"},
                separators=(",", ":"),
            ),
        ],
        'no rule knows it; the app logs: The "x" is no y.',
    ),
    "a line of Laravel's own form": (
        ["[2026-11-25 07:00:00] production.ERROR: It broke. {}"],
        "no rule knows it; the app logs: It broke.",
    ),
    "file sessions": (
        ["the session driver is 'file', and not database"],
        'SESSION_DRIVER is "file", and must be database',
    ),
    "spoofed address": (
        ["the app takes the client's word for its address: X-Forwarded-For: 203.0.113.7 made it"],
        "TRUSTED_PROXIES trusts everyone",
    ),
    "untrusted load balancer": (
        ["a link of the app is http://tickets.876events.example/x"],
        "the app does not trust the load balancer",
    ),
    "probe off": (["GET /_probe/v1/whoami answered 404, and should"], "the task has no PROBE_KEY"),
    "probe key": (
        ["GET /_probe/v1/whoami answered 401, and should"],
        "PROBE_KEY in the task is not",
    ),
    "body too large": (["POST /posters answered 413"], "client_max_body_size"),
    "redirected health check": (
        [
            "10.0.0.4 unhealthy Target.ResponseCodeMismatch (Health checks failed with these codes:"
            " [301])"
        ],
        "the health check is redirected",
    ),
    "trusted hosts": (["Health checks failed with these codes: [400]"], "TrustHosts"),
    "no curl": (
        ["web task 0123abcd (tickets-web:3); X: Task failed container health checks"],
        "the web task was stopped for its container health check: curl is not in the image",
    ),
    "nginx counts the balancer": (
        [
            "of 40 requests of 20 visitors at once, some were answered with [503]",
            '2026/11/25 08:00:00 [error] 9#9: *1 limiting requests, excess: 5.1 by zone "login",',
        ],
        'nginx\'s limit "login" turns visitors away',
    ),
    "rate limit": (
        ["of 40 requests of 20 visitors at once, some were answered with [429]"],
        "a rate limit counts them as one",
    ),
    "a label that no version has": (
        [
            "web task 01ab TaskFailedToStart: ResourceInitializationError: unable to pull secrets:"
            " failed to fetch secret arn:aws:secretsmanager:us-east-1:876000000876:secret:"
            "tickets/db-Ab3dE5 from secrets manager: ResourceNotFoundException: Secrets Manager"
            " can't find the specified secret value for staging label: AWSPREVIOUS",
        ],
        "the web task never started: the secret tickets/db has no version with the label"
        " AWSPREVIOUS",
    ),
    "the load balancer hides the visitor": (
        [
            "the app takes the load balancer for the client: 10.0.0.3",
            "the load balancer's routing.http.xff_header_processing.mode is remove",
        ],
        "the load balancer's routing.http.xff_header_processing.mode is remove, and must be append",
    ),
    "a character set and another's collation": (
        ["SQLSTATE[42000]: 1253 COLLATION 'utf8mb4_bin' is not valid for CHARACTER SET 'utf8mb3'"],
        "DB_CHARSET is utf8mb3, and DB_COLLATION (utf8mb4_bin) is of another",
    ),
    "links to the developer's machine": (
        ["a link of the app is http://localhost/favicon.svg"],
        "the app's links go to http://localhost/favicon.svg: ASSET_URL or APP_URL",
    ),
    "a port where nobody listens": (
        ["(port 8080) is unhealthy in (target-group a) due to (reason Health checks failed)."],
        "nothing listens on the target's port",
    ),
    "a job that failed and is nowhere": (
        ["job 1 was not done: {'poison': True, 'runs': [{'outcome': 'threw'}], 'failed': False}"],
        "QUEUE_FAILED_DRIVER is null",
    ),
    "two caches": (
        ["the cache of the worker is database b- and that of the web task database a-: locks"],
        "worker and web task do not share their cache (database b-; database a-)",
    ),
    "ticks that run something else": (
        ["nothing ran schedule:run in two minutes"],
        "no tick runs schedule:run",
    ),
    "a session that ends at once": (
        ["another task does not know this", "browsers drop the session cookie: Max-Age=0"],
        "SESSION_LIFETIME lets the session cookie end at once (Max-Age=0)",
    ),
    "a delay that SQS does not take": (
        ["No mail came", "Value 3600 for parameter DelaySeconds is invalid. Reason: DelaySeconds"],
        "the app delays a job by 3600 s",
    ),
    "a tick that never ends": (
        ["the scheduler's task 01ab did not stop, within 60 s. The last answer: Run()"],
        "its command must be schedule:run",
    ),
    "no worker, seen from a refused mail": (
        ["A mail that SES refuses is not in failed_jobs, within 30 s. ... 'runs': [], ..."],
        "no worker took the job",
    ),
    "a queue that delays": (
        ["No mail came to the buyer\n", "the queue delays each message by 900 s"],
        "the queue delays each message by 900 s (DelaySeconds)",
    ),
    "nginx hides the load balancer": (
        [
            "the app does not see that the visitor uses https\nPHP has the visitor's address,"
            " 203.0.113.9, for the load balancer's",
        ],
        "nginx's real_ip_header hides the load balancer from the app",
    ),
    "no directory for the CA file": (
        [
            "web task 01ab TaskFailedToStart: CannotStartContainerError: Error response from"
            " daemon: Could not find the file /etc/ssl/certs in container 0123",
        ],
        "the web task never started: a rehearsal puts its CA file into /etc/ssl/certs",
    ),
    "an end of its own": (
        ["a web task ended by itself with exit code 1 ; ECS starts another"],
        "the web task ended by itself with exit code 1: its log says why",
    ),
    "exit code": (
        [
            "worker task 01ab (t:3); EssentialContainerExited: Essential container in task exited;"
            " app: exit code 12"
        ],
        "the worker ends again and again at its --memory limit (exit code 12)",
    ),
    "a command elsewhere": (["Could not open input file: artisan"], "workingDirectory"),
    "files that root made": (
        ["tempnam(): file created in the system's temporary directory"],
        "a command that ran as root",
    ),
    "a configuration of the build": (
        ["View path not found."],
        "config:cache ran when the image was built",
    ),
    "FPM as root": (
        ["[26-Nov-2026 13:48:18] ALERT: [pool www] user has not been defined"],
        "the container runs as root",
    ),
    "nginx does not start": (
        ['2026/11/26 07:57:59 [emerg] 26#26: open() "/var/log/nginx/a.log" failed (2: No such'],
        'nginx does not start: open() "/var/log/nginx/a.log" failed',
    ),
    "a health check with a password": (
        ["Health checks failed with these codes: [401]"],
        "the health check is refused (401 or 403)",
    ),
    "a health check with a password, in the task's log": (
        [
            "ServiceSchedulerInitiated: Task failed ELB health checks in (target-group x)",
            '{"channel":"access","method":"GET","path":"/healthz","status":401,"bytes":172}',
        ],
        "the health check is refused (401 or 403)",
    ),
    "maintenance": (
        [
            "Failed: The web service is not steady: the edge still answers 503",
            '{"channel":"access","method":"GET","path":"/","status":503,"bytes":744}',
        ],
        "the app itself answers 503",
    ),
    "a command that ends": (
        ["stopped tasks: Essential container in task exited, container app exited with 0; x"],
        "a task's command ends at once",
    ),
    "no database host": (
        [
            "SQLSTATE[HY000] [2002] No such file or directory (Connection: mysql, Host: localhost,"
            " Port: 3306, Database: tickets)"
        ],
        "in the task itself (localhost): DB_HOST is not set there",
    ),
    "a socket of the old host": (
        ["SQLSTATE[HY000] [2002] No such file or directory (Connection: mysql, Host: x.rds.a.com)"],
        "DB_SOCKET is set in the task",
    ),
    "mail that the web task sends": (
        [f"{USER.format('tickets-web-task')} {DENIED.format('ses:SendRawEmail', 'arn:aws:ses')}"],
        "the web task sends mail itself",
    ),
    "a page that is not there": (
        ["AssertionError: The page /events/x answered 404, and has no form to /events/x/holds."],
        "the app has no page /events/x in this environment",
    ),
    "a page without its form": (
        ["AssertionError: The page /checkout answered 200, and has no form to /orders.\n"],
        "the page /checkout offers no /orders",
    ),
    "a worker that is done": (
        [
            "No mail came",
            "worker task 01ab EssentialContainerExited: Essential container in task exited;"
            " app: exit code 0",
        ],
        "the worker ends by itself (exit code 0) and is started again",
    ),
    "an end of its own, not in the first line": (
        [
            "No mail came",
            "worker task 01ab EssentialContainerExited: Essential container in task exited;"
            " app: exit code 255",
        ],
        "the worker task ended by itself with exit code 255",
    ),
}


@pytest.mark.parametrize(("texts", "sentence"), SAID.values(), ids=SAID.keys())
def test_each_mistake_is_named(texts: list[str], sentence: str) -> None:
    assert sentence in (likely_cause(texts) or "no cause found")


def test_nothing_is_made_up() -> None:
    assert likely_cause([]) is None
    assert (
        likely_cause(["GET / 200", "10.0.0.4 healthy", "the session driver is 'database'"]) is None
    )
    assert likely_cause([TAKES.format("password"), "has reached a steady state."]) is None
    assert likely_cause(["a link of the app is https://tickets.876events.example/x"]) is None


def test_the_earlier_link_of_the_chain_explains_the_later() -> None:
    texts = [
        "GET /login answered 503",
        "Health checks failed with these codes: [500]",
        "SQLSTATE[42S02]: Base table or view not found: 1146 Table 'tickets.cache' doesn't exist",
        "No application encryption key has been specified.",
    ]
    found = [likely_cause(texts[:count]) for count in (1, 2, 3, 4)]
    assert [one.split()[0:3] for one in found if one] == [
        ["the", "load", "balancer"],
        ["the", "health", "check"],
        ["the", "table", "tickets.cache"],
        ["APP_KEY", "is", "missing"],
    ]


def test_log_lines_in_json_are_read_as_text() -> None:
    line = json.dumps({"message": 'Class "Redis" not found', "file": "/srv/app/x.php"})
    assert likely_cause([line]) == "a driver is set to redis, and the image has no redis"


def test_the_lines_that_speak_for_the_cause_are_shown_once_and_redacted() -> None:
    Secret("a-secret-value-1")
    line = "The MAC is invalid. a-secret-value-1"
    cause = find_cause(["before", f"{line}\n  {line}\nafter"])
    assert cause is not None
    assert cause.lines == ("The MAC is invalid. ***",)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.pattern.pattern[:30])
def test_a_sentence_is_one_and_names_nothing_that_its_pattern_does_not_find(rule: object) -> None:
    pattern, sentence = rule.pattern, rule.sentence  # type: ignore[attr-defined]
    names = set(pattern.groupindex) | {"task", "secret"}
    sentence.format_map(dict.fromkeys(names, "x"))
    assert not sentence.endswith(".")
    assert "\n" not in sentence
