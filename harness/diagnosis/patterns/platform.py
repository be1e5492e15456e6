r"""Rules for what tasks and the platform say: secrets, images, start-up, health checks.

A rule is a pattern over the whole evidence, and the sentence that it stands for. A sentence may use
its pattern's groups, ``{task}`` (the kind of task that the line names) and, with a group ``key``,
``{secret}``. Texts of AWS, MySQL, PHP and Laravel are theirs, word by word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What the evidence says, and what to tell the reader."""

    pattern: re.Pattern[str]
    sentence: str


def rule(pattern: str, sentence: str) -> Rule:
    """Make a rule from a regular expression, which ignores case."""
    return Rule(re.compile(pattern, re.IGNORECASE), sentence)


SECRETS = (
    rule(
        r"did not contain json key (?P<key>[\w.-]+)",
        '{task} never started: secret key "{key}" is missing in {secret}',
    ),
    rule(
        r"<- arn:\S+?:(?P<key>[\w.-]+):[^:\s]*:[^:\s]*: secret (?P<secret>\S+) is (?:not JSON"
        r"|JSON, but not an object)",
        '{task} never started: the secret {secret}, from which it takes the key "{key}", is not a'
        " JSON object",
    ),
    rule(
        r"<- arn:\S+?:(?P<key>[\w.-]+):[^:\s]*:[^:\s]*: secret (?P<secret>\S+) is scheduled for"
        r" deletion",
        '{task} never started: the secret {secret}, from which it takes the key "{key}", is'
        " scheduled for deletion",
    ),
    rule(
        r"marked for deletion",
        "{task} never started: a secret that it needs is scheduled for deletion",
    ),
    rule(
        r"(?:failed to fetch secret|retrieve the secret with ARN) '?(?P<arn>arn:aws:[^\s']+)"
        r"[^\n]*AccessDenied",
        "{task} never started: its execution role may not read {arn}: its policy lacks"
        " secretsmanager:GetSecretValue on it",
    ),
    rule(
        r"(?:ResourceInitializationError|CannotPull\w+): [^\n]*assumed-role/"
        r"(?P<role>[\w+=,.@-]+)/\S+ is not authorized to perform: (?P<action>[\w:]+) on resource:"
        r" (?P<arn>[^\s;]+)",
        "{task} never started: its execution role {role} lacks {action} on {arn}",
    ),
    rule(
        r"arn:aws:secretsmanager:[^\s']*?:secret:(?P<secret>[\w/+=.@*-]+?)(?:-\w{6})?[:\s'][^\n]*?"
        r"can't find the specified secret value for staging label: (?P<stage>[\w/+=.@-]+)",
        "{task} never started: the secret {secret} has no version with the label {stage}, from"
        " which its task definition takes a key; AWSCURRENT is the one that is in use",
    ),
    rule(
        r"(?:failed to fetch secret|retrieve the secret with ARN) '?"
        r"arn:aws:secretsmanager:[^\s']*?:secret:(?P<secret>[\w/+=.@*-]+?)(?:-\w{6})?(?=[:\s'])",
        "{task} never started: the secret {secret} does not exist in this account and region",
    ),
    rule(
        r"minimum field size of 32, GetSecretValueInput\.VersionId",
        "{task} never started: a valueFrom has the wrong number of colons; "
        "after a JSON key come two",
    ),
    rule(
        r"invalid ARN format for the AWS Secrets Manager secret",
        "{task} never started: a valueFrom is not a full ARN",
    ),
    rule(
        r"unable to retrieve secret from asm[^\n]*?(?:invalid character|cannot unmarshal|"
        r"unmarshal|unexpected end of JSON|not a JSON object)",
        "{task} never started: a secret from which it takes a key is not a JSON object",
    ),
    rule(
        r"ECS was unable to assume the role '?(?P<role>arn:aws:iam::[^\s']+)",
        "{task} never started: the role {role} does not exist, or its trust policy does not let"
        " ecs-tasks.amazonaws.com assume it",
    ),
)


IMAGE = (
    rule(
        r"does not contain descriptor matching platform '(?P<platform>[^']+)'",
        "{task} never started: its image is for another CPU architecture than {platform}, which its"
        " task definition's runtimePlatform asks for",
    ),
    rule(
        r"CannotPull(?:Container|Image)?(?:Manifest|Registry)?\w*Error",
        "{task} never started: its image cannot be pulled",
    ),
    rule(r"exec format error", "{task} never started: its image is for another CPU architecture"),
    rule(
        r"Error response from daemon: [^\n]*(?:Read timed out|Connection (?:refused|aborted))",
        "the Docker engine does not answer: it hangs or is restarting, and no task can start",
    ),
    rule(
        r"Could not find the file (?P<path>/\S+) in container",
        "{task} never started: a rehearsal puts its CA file into {path}, and the image has no such"
        " directory: install ca-certificates in it",
    ),
    rule(
        r"executable file not found in \$PATH|exec: \"[^\"]+\": [^\n]*no such file"
        r"|exec [^\n:]+: (?:no such file or directory|exec format error|permission denied)"
        r"|exec: \"[^\"]+\": permission denied",
        "{task} never started: the command or entry point of its task definition is not in the"
        " image, or the interpreter that a script's first line names is not (Windows line ends)",
    ),
    rule(
        r"CannotStartContainerError: (?:Error response from daemon: )?(?P<words>[^\n;]*)",
        "{task} never started: {words}",
    ),
    rule(
        r"failed to initialize logging driver",
        "{task} never started: its log group does not exist, or its execution role may not write"
        " to it",
    ),
    rule(
        r"OutOfMemoryError|OOM-?killed|OOMKilled\W+true",
        "{task} was killed for memory: it needs more than its task definition allows",
    ),
)


_SCRIPT = r"(?P<file>\S*(?:entrypoint|\.sh|local/bin/[\w.-]+)): (?:line )?\d+: "
"""How a shell begins to say what is wrong with a script of the image."""

BOOT = (
    rule(
        _SCRIPT + r"(?:\$'\\r'|set: Illegal option -\s*$|\S*\r)",
        "the script {file} of the image has Windows line ends (CRLF), and the shell ends at the"
        " first: have Git check it out with LF",
    ),
    rule(
        _SCRIPT + r"(?P<words>[^\n]*(?:parameter not set|unbound variable|not found|rror[:\s]"
        r"|llegal option|ermission denied|o such file|annot open)[^\n]*)",
        "the script {file} of the image ends at once: {words}",
    ),
    rule(
        r'Command "(?P<name>[^"\n]+)" is not defined',
        "php artisan has no command {name}: a wrong word, or its package is not in the image",
    ),
    rule(
        r"[Cc]onfiguration files? (?:are|is) not serializable|could not be serialized because the"
        r' value at "(?P<key>[^"]+)"',
        "php artisan config:cache fails: a file in config/ holds a closure or an object",
    ),
    rule(
        r"Unable to prepare route \[(?P<name>[^\]]*)\] for serialization",
        "php artisan route:cache fails: two routes have the name or path {name}, or it is a"
        " closure",
    ),
    rule(
        r"No space left on device",
        "{task} has no room left to write: a tmpfs or the task's ephemeral storage is too small",
    ),
    rule(
        r"Could not open input file: (?:\./)?artisan",
        "php artisan is run where no artisan is: workingDirectory of the task definition, or the"
        " image's WORKDIR, must be the app's directory",
    ),
    rule(
        r"No application encryption key has been specified",
        "APP_KEY is missing in the task: its task definition does not take it from the secret",
    ),
    rule(
        r"Unsupported cipher or incorrect key length",
        "APP_KEY has the wrong length: it must be 32 bytes in base64, with its prefix base64:",
    ),
    rule(
        r"The MAC is invalid",
        "APP_KEY is not the same in every task, so that one cannot decrypt another's cookies",
    ),
    rule(
        r"vendor/autoload\.php\W[^\n]*No such file|Failed opening required '[^']*vendor/autoload",
        "the image has no vendor directory: composer install did not run in its build",
    ),
    rule(
        r"View path not found",
        "the app's configuration names a directory of views that is not there: php artisan"
        " config:cache ran when the image was built, before storage was made",
    ),
    rule(
        r"\[pool \S+\] user has not been defined",
        "PHP-FPM is started by root, and its pool names no user: the container runs as root, since"
        " its task definition says so or its Dockerfile has no USER",
    ),
    rule(
        r"Vite manifest not found",
        "the image has no built assets: npm run build did not run in its build",
    ),
    rule(
        r"Class \"?(?P<name>[\w\\]*(?:Telescope|Debugbar|Ignition|Collision|Pail|Sail|Faker)\w*"
        r"[\w\\]*)\"? not found",
        "{name} is a development package, and the production image rightly lacks it; what asks for"
        " it must not run there",
    ),
    rule(r'Class "Redis" not found', "a driver is set to redis, and the image has no redis"),
    rule(r'Class "(?P<name>[\w\\]+)" not found', "the image lacks the class {name}"),
    rule(
        r"could not find driver",
        "the image lacks the PHP extension pdo_mysql",
    ),
    rule(
        r"Call to undefined function (?:[\w\\]+\\)?(?P<name>pcntl_\w+)",
        "PHP has no function {name}: the image lacks the extension pcntl, or disable_functions"
        " takes it away; without it workers cannot stop gracefully",
    ),
    rule(
        r"The \W*(?P<name>\w+)\W* PHP extension is required",
        "the image lacks the PHP extension {name}",
    ),
    rule(
        r"Read-only file system",
        "{task} writes to a path of its read-only root that is not declared writable",
    ),
    rule(
        r"bootstrap/cache directory must be present and writable"
        r"|Please provide a valid cache path"
        r"|storage/[^\n]*(?:Permission denied|could not be opened)"
        r"|bootstrap/cache[^\n]*Permission denied"
        r"|tempnam\(\): file created in the system's temporary directory",
        "storage or bootstrap/cache is not writable for the app's user; a command that ran as root"
        " through exec may have left files there",
    ),
    rule(
        r"Allowed memory size of (?P<bytes>\d+) bytes exhausted",
        "PHP's memory_limit ({bytes} bytes) is too small for a request",
    ),
    rule(
        r"bind\(\) to 0\.0\.0\.0:(?P<port>\d+) failed \(13",
        "nginx listens on port {port}, which a user other than root may not: use 8080",
    ),
    rule(
        r"host not found in upstream|no resolver defined to resolve",
        "nginx does not know the host name that it should pass requests to: in a task, PHP-FPM is"
        " at 127.0.0.1 or a socket",
    ),
    rule(
        r"(?P<count>\d+) worker_connections are not enough",
        "nginx's worker_connections ({count}) are too few: each visitor takes two",
    ),
    rule(
        r"connect\(\) to \S+ failed \(11: ",
        "PHP-FPM's queue is full: listen.backlog or pm.max_children of its pool is too small",
    ),
    rule(
        r"connect\(\) to (?P<where>unix:\S+|127\.0\.0\.1:\d+) failed",
        "PHP-FPM does not listen at {where}, where nginx looks for it",
    ),
    rule(
        r"\[emerg\] \d+#\d+: (?P<said>[^\n]{1,240})",
        "nginx does not start: {said}",
    ),
    rule(
        r"Primary script unknown",
        "nginx gives PHP-FPM a script path that is not in the image: its root must be the app's"
        " public directory",
    ),
)


HEALTH = (
    rule(
        r"Health checks failed with these codes: \[30\d\]",
        "the health check is redirected: the app or its nginx sends plain HTTP to https, or its"
        " path is a page for who has signed in; it must be one that answers 200 to plain HTTP",
    ),
    rule(
        r"Health checks failed with these codes: \[(?P<code>40[13])\]|failed ELB health checks"
        r"[\s\S]*?\"status\":(?P<logged>40[13])\b",
        "the health check is refused (401 or 403): its path asks for a password or a sign-in, and a"
        " load balancer has none",
    ),
    rule(
        r"Health checks failed with these codes: \[400\]",
        "the health check is refused: its Host is the target's address, which TrustHosts does not"
        " know",
    ),
    rule(
        r"Health checks failed with these codes: \[404\]",
        "the health check's path, which the target group names, is answered with 404: the app has"
        " no such route, or nginx does not pass it on to index.php",
    ),
    rule(
        r"Health checks failed with these codes: \[(?P<code>5\d\d)\]",
        "the health check gets {code}: the app fails on its own health route",
    ),
    rule(
        r"failed container health checks",
        "{task} was stopped for its container health check: curl is not in the image, or nothing"
        " answers on its port",
    ),
    rule(
        r"Target\.Timeout|Request timed out",
        "the health check times out: the tasks' security group does not admit the load balancer's,"
        " HealthCheckPort is not the app's, or the app takes longer than the target group allows",
    ),
    rule(
        r"Target\.FailedHealthChecks|due to \(reason Health checks failed\)",
        "nothing listens on the target's port: container port, target group and nginx must agree,"
        " and nginx must answer whatever the Host is (the health check's is the target's address)",
    ),
    rule(
        r"unable to stop or start tasks during a deployment because of",
        "the service cannot deploy: minimumHealthyPercent and maximumPercent leave it no room",
    ),
    rule(
        r"\b(?P<kind>[\w-]+) task \w+ [^\n]*Essential container in task exited[^\n]*exit code"
        r" (?P<code>\d+)",
        "the {kind} task ended by itself with exit code {code}",
    ),
    rule(
        r"circuit breaker: tasks failed to start",
        "the deployment failed: its tasks do not start, and the reason is in the stopped tasks",
    ),
    rule(
        r"upstream sent too big header",
        "nginx refuses the app's response headers: fastcgi_buffer_size is too small",
    ),
    rule(
        r"limiting (?:requests|connections)\b[^\n]* by zone \"(?P<zone>[^\"]*)\"",
        'nginx\'s limit "{zone}" turns visitors away: behind a load balancer all of them have its'
        " address, until real_ip_header and set_real_ip_from tell them apart",
    ),
    rule(
        r"visitors at once, some were answered with \[[^\]]*429",
        "visitors are turned away with 429: a rate limit counts them as one, since the app does not"
        " trust the load balancer and takes its address for theirs, or it is lower than a burst",
    ),
    rule(
        r"server reached pm\.max_children",
        "PHP-FPM has no worker left: pm.max_children is too low",
    ),
    rule(
        r"answer(?:s|ed) 503[\s\S]*?(?:\"status\":|HTTP/1\.\d\" )503\b",
        "the app itself answers 503: it is in maintenance, since php artisan down was run in the"
        " task or by the image's entrypoint",
    ),
    rule(
        r"Essential container in task exited, container \S+ exited with 0\b",
        "{task}'s command ends at once, without an error: it must go on running, as queue:work does"
        " without --stop-when-empty and --once; an entryPoint of sh -c takes only one word of it",
    ),
    rule(r"answered 503[^\n]*maintenance", "the app is in maintenance: php artisan down was run"),
    rule(r"answered 504", "the app takes longer than the edge waits"),
    rule(r"answered 503", "the load balancer has no target: no web task is registered"),
    rule(r"answered 502", "the task closed the connection: PHP-FPM or nginx stopped in it"),
)
