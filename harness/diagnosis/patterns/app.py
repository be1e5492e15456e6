r"""Rules for what the app says: its database, its AWS calls, and what scenarios see of it.

The rules of what was seen match the scenarios' own messages.
"""

from __future__ import annotations

from harness.diagnosis.patterns.platform import rule

DATABASE = (
    rule(
        r"COLLATION '(?P<collation>\w+)' is not valid for CHARACTER SET '(?P<charset>\w+)'",
        "DB_CHARSET is {charset}, and DB_COLLATION ({collation}) is of another character set",
    ),
    rule(
        r"Database file at path \[|SQLSTATE\[HY000\] \[14\]|\(Connection: sqlite",
        "the app uses sqlite: DB_CONNECTION is not mysql in the task",
    ),
    rule(
        r"SSL is required from client|This RDS Proxy requires TLS connections"
        r"|insecure transport are prohibited",
        "the app speaks to the database in plain text: MYSQL_ATTR_SSL_CA is not set in the task, or"
        " config/database.php does not use it",
    ),
    rule(
        r"connecting to destination failed with TLS error",
        "the proxy does not accept the server's certificate",
    ),
    rule(
        r"Peer certificate CN=`(?P<cn>[^']*)' did not match expected CN=`(?P<host>[^']*)'"
        r"|hostname mismatch|Hostname mismatch",
        "DB_HOST is not a name in the proxy's certificate: use the proxy's own endpoint name",
    ),
    rule(
        r"Unable to (?:set|load) (?:local|CA|verify)[^\n]*\.(?:pem|crt)"
        r"|failed loading cafile stream|(?:cafile|SSL)[^\n]*No such file",
        "the CA file that MYSQL_ATTR_SSL_CA names is not in the image",
    ),
    rule(
        r"certificate verify failed|CERTIFICATE_VERIFY_FAILED",
        "the CA file in the image does not hold the CA of the certificate: the proxy's is not in"
        " the RDS bundle, but in the system's",
    ),
    rule(
        r"Cannot connect to MySQL using SSL",
        "TLS to the database fails: the CA file lacks the proxy's CA, or DB_HOST is not a name in"
        " its certificate",
    ),
    rule(
        r"\[?1045\]?[^\n]*Access denied for user '(?P<user>[^']*)'@[^\n]*using password: NO",
        'DB_PASSWORD is empty in the task: the account "{user}" signs in without one',
    ),
    rule(
        r"1045\b[^\n]*Access denied for user '(?P<user>[^']*)'",
        'the database refuses the account "{user}": the password in the secret is not the'
        " account's, or the task still has the one from before a rotation",
    ),
    rule(
        r"1044\b[^\n]*Access denied[^\n]*database '(?P<name>[^']*)'",
        'the account has no rights on the database "{name}"',
    ),
    rule(
        r"1142\b[^\n]*?(?P<what>\w+) command denied",
        "the account lacks the right to {what}",
    ),
    rule(r"Unknown database '(?P<name>[^']*)'", 'DB_DATABASE is "{name}", which does not exist'),
    rule(
        r"Table '(?P<name>[^']+)' doesn't exist",
        "the table {name} is missing: no migration makes it, or it did not run against this"
        " database, or what starts with each task drops or asks for it (migrate:fresh, cache:clear"
        " in the entrypoint)",
    ),
    rule(
        r"1366 Incorrect string value[^\n]*for column '(?P<column>\w+)'",
        "the connection or the table takes no 4-byte characters (column {column}): DB_CHARSET must"
        " be utf8mb4",
    ),
    rule(
        r"getaddrinfo for (?P<host>\S+) failed"
        r"|\[2002\][^\n]*(?:Name or service not known|name resolution)",
        "DB_HOST is a name that the task cannot resolve; only the proxy's endpoint is open to the"
        " app",
    ),
    rule(
        r"\[2002\][^\n]*Host: (?P<host>localhost|127\.0\.0\.1)\b",
        "the app looks for its database in the task itself ({host}): DB_HOST is not set there, or"
        " DB_URL overrides it",
    ),
    rule(
        r"SQLSTATE\[HY000\] \[2002\] No such file or directory",
        "DB_SOCKET is set in the task: the app looks for a server in its own container, and not at"
        " DB_HOST",
    ),
    rule(
        r"SQLSTATE\[HY000\] \[2002\][^\n]*(?:refused|timed out|unreachable|No route)",
        "the task cannot reach DB_HOST on port 3306: a security group or a wrong port",
    ),
    rule(
        r"\b9501\b[^\n]*Timed-out waiting|\b1040\b[^\n]*(?:Too many|exceeded)",
        "the proxy has no database connection left: sessions are pinned, or its limit is too low",
    ),
    rule(
        r"running with the --(?:super-)?read-only option",
        "the app writes to a reader: DB_HOST is a reader endpoint, or a failover is under way",
    ),
    rule(r"server has gone away|Lost connection to MySQL", "the database dropped its connections"),
)


AWS = (
    rule(
        r"assumed-role/(?P<role>[\w+=,.@-]*web[\w+=,.@-]*)/\S+ is not authorized to perform:"
        r" (?P<action>ses:\w+)",
        "the web task sends mail itself, and its role {role} lacks {action}: mail is the worker's,"
        " so queue it (dispatch, and QUEUE_CONNECTION sqs)",
    ),
    rule(
        r"Error retrieving credential|Unable to locate credentials|CredentialsException"
        r"|MissingAuthenticationToken|missing Authentication Token"
        r"|Unable to load credentials",
        "the app finds no AWS credentials: the task has no task role, or clear_env hides its"
        " variable from PHP-FPM",
    ),
    rule(
        r"assumed-role/(?P<role>[\w+=,.@-]+)/\S+ is not authorized to perform: (?P<action>[\w:]+)"
        r" on resource: (?P<arn>\S+) with an explicit deny in a resource-based policy",
        "the policy of the bucket or queue itself denies {action} on {arn} to the task role {role}:"
        " a condition of its Deny is not met by what the app sends (a header for encryption, say)",
    ),
    rule(
        r"assumed-role/(?P<role>[\w+=,.@-]+)/\S+ is not authorized to perform:"
        r" (?P<action>kms:\w+) on resource: (?P<arn>[^\s,;\"']+)",
        "the task role {role} lacks {action} on the key that bucket or queue is encrypted with"
        " ({arn}): without it neither can be used",
    ),
    rule(
        r"assumed-role/(?P<role>[\w+=,.@-]+)/\S+ is not authorized to perform: (?P<action>[\w:]+)"
        r" on resource: (?P<arn>(?!\S*unverified\.example)[^\s,;\"']+)",
        "the task role {role} lacks {action} on {arn}: allow it, or correct the name that the task"
        " has for it",
    ),
    rule(
        r"not authorized to perform:? `?(?P<action>[\w:]+)(?![^\n]*unverified\.example)",
        "the task role lacks {action}",
    ),
    rule(
        r"Value (?P<delay>\d+) for parameter DelaySeconds is invalid",
        "the app delays a job by {delay} s, and SQS takes no more than 900 s",
    ),
    rule(
        r"InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId",
        "the app signs with keys that AWS does not know: a static AWS_ACCESS_KEY_ID is set, and"
        " hides the task role",
    ),
    rule(
        r"NonExistentQueue|specified queue does not exist",
        "the queue does not exist: SQS_PREFIX or SQS_QUEUE is wrong",
    ),
    rule(
        r"must contain the parameter MessageGroupId",
        "the queue is a FIFO queue, and the app sends no MessageGroupId: take a standard queue",
    ),
    rule(r"NoSuchBucket", "the bucket does not exist: AWS_BUCKET is wrong"),
    rule(
        r"AccessControlListNotSupported",
        "the app sets an ACL, and the bucket has none: do not set a public visibility",
    ),
    rule(
        r"Email address is not verified|Did not have authority to send from email",
        "SES refuses the sender: MAIL_FROM_ADDRESS is not of a verified identity",
    ),
    rule(
        r"Connection refused \[tcp://|\:6379",
        "a driver is set to redis, and no Redis is part of this stack",
    ),
)


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
        r"TooManyRedirects|Exceeded \d+ redirects",
        "a redirect loop: the app redirects to https and does not see that it is https already,"
        " since it does not trust the load balancer",
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
        "the probe is off: the task has no PROBE_KEY, or the app has not installed cutover-probe",
    ),
    rule(
        r"_probe/v1/\S+ answered 401",
        "the probe refuses the harness: PROBE_KEY in the task is not the secret's current value, or"
        " the clocks differ by more than a minute",
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

OWN_WORDS = (
    rule(
        r"PHP (?:Fatal|Parse) error: +(?P<said>[^\n]{1,240})",
        "PHP ends in a fatal error: {said}",
    ),
    rule(
        r'"message":"(?P<said>(?!cutover-probe)[^\n]{1,240}?)"?,"context"[^\n]*"level_name":"'
        r'(?:ERROR|CRITICAL|ALERT|EMERGENCY)"',
        "no rule knows it; the app logs: {said}",
    ),
    rule(
        r"\b\w+\.(?:ERROR|CRITICAL|ALERT|EMERGENCY): (?P<said>(?!cutover-probe)[^\n]{1,240})",
        "no rule knows it; the app logs: {said}",
    ),
)
"""After all others: the first error in the app's own log, but what the probe was told to raise."""
