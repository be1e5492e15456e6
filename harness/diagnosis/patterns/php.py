"""Patterns for the lines of PHP and Laravel: artisan's commands, exceptions, warnings."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

COMMANDS = (
    Pattern(
        Source.APP,
        match=r'Command "(?P<name>[^"\n]+)" is not defined',
        cause="php artisan has no command {name}: a wrong word, or its package is not in the image",
        example='ERROR  Command "optmize" is not defined. Did you mean this?',
    ),
    Pattern(
        Source.APP,
        match=r"[Cc]onfiguration files? (?:are|is) not serializable|could not be serialized because"
        r' the value at "(?P<key>[^"]+)"',
        cause="php artisan config:cache fails: a file in config/ holds a closure or an object",
        example="LogicException: Your configuration files are not serializable.",
    ),
    Pattern(
        Source.APP,
        match=r"Unable to prepare route \[(?P<name>[^\]]*)\] for serialization",
        cause="php artisan route:cache fails: two routes have the name or path {name}, or it is a"
        " closure",
        example="Unable to prepare route [login] for serialization. Another route has that name",
    ),
    Pattern(
        Source.APP,
        match=r"Could not open input file: (?:\./)?artisan",
        cause="php artisan is run where no artisan is: workingDirectory of the task definition, or"
        " the image's WORKDIR, must be the app's directory",
        example="Could not open input file: artisan",
    ),
)

KEY = (
    Pattern(
        Source.APP,
        match=r"No application encryption key has been specified",
        cause="APP_KEY is missing in the task: its task definition does not take it from the"
        " secret",
        example="No application encryption key has been specified.",
    ),
    Pattern(
        Source.APP,
        match=r"Unsupported cipher or incorrect key length",
        cause="APP_KEY has the wrong length: it must be 32 bytes in base64, with its prefix"
        " base64:",
        example="Unsupported cipher or incorrect key length. Supported ciphers are: aes-128-cbc.",
    ),
    Pattern(
        Source.APP,
        match=r"The MAC is invalid",
        cause="APP_KEY is not the same in every task, so that one cannot decrypt another's cookies",
        example="DecryptException: The MAC is invalid.",
    ),
)

MISSING = (
    Pattern(
        Source.APP,
        match=r"vendor/autoload\.php\W[^\n]*No such file"
        r"|Failed opening required '[^']*vendor/autoload",
        cause="the image has no vendor directory: composer install did not run in its build",
        example="PHP Fatal error: Failed opening required '/srv/app/vendor/autoload.php'",
    ),
    Pattern(
        Source.APP,
        match=r"View path not found",
        cause="the app's configuration names a directory of views that is not there: php artisan"
        " config:cache ran when the image was built, before storage was made",
        example="View path not found.",
    ),
    Pattern(
        Source.APP,
        match=r"Vite manifest not found",
        cause="the image has no built assets: npm run build did not run in its build",
        example="Vite manifest not found at: /srv/app/public/build/manifest.json",
    ),
    Pattern(
        Source.APP,
        match=r"Class \"?(?P<name>[\w\\]*(?:Telescope|Debugbar|Ignition|Collision|Pail|Sail|Faker)"
        r"\w*[\w\\]*)\"? not found",
        cause="{name} is a development package, and the production image rightly lacks it; what"
        " asks for it must not run there",
        example='Class "Laravel\\Telescope\\TelescopeServiceProvider" not found',
    ),
    Pattern(
        Source.APP,
        match=r'Class "Redis" not found',
        cause="a driver is set to redis, and the image has no redis",
        example='{"message": "Class \\"Redis\\" not found", "file": "/srv/app/x.php"}',
    ),
    Pattern(
        Source.APP,
        match=r"Connection refused \[tcp://|\:6379",
        cause="a driver is set to redis, and no Redis is part of this stack",
        example="Predis\\Connection\\ConnectionException: Connection refused"
        " [tcp://127.0.0.1:6379]",
    ),
    Pattern(
        Source.APP,
        match=r'Class "(?P<name>[\w\\]+)" not found',
        cause="the image lacks the class {name}",
        example='Class "App\\Models\\Evnet" not found',
    ),
    Pattern(
        Source.APP,
        match=r"could not find driver",
        cause="the image lacks the PHP extension pdo_mysql",
        example="PDOException: could not find driver",
    ),
    Pattern(
        Source.APP,
        match=r"Call to undefined function (?:[\w\\]+\\)?(?P<name>pcntl_\w+)",
        cause="PHP has no function {name}: the image lacks the extension pcntl, or"
        " disable_functions takes it away; without it workers cannot stop gracefully",
        example="Error: Call to undefined function Illuminate\\Queue\\pcntl_async_signals()",
    ),
    Pattern(
        Source.APP,
        match=r"The \W*(?P<name>\w+)\W* PHP extension is required",
        cause="the image lacks the PHP extension {name}",
        example='RuntimeException: The \\"intl\\" PHP extension is required to use [format].',
    ),
)

LIMITS = (
    Pattern(
        Source.APP,
        match=r"bootstrap/cache directory must be present and writable"
        r"|Please provide a valid cache path"
        r"|storage/[^\n]*(?:Permission denied|could not be opened)"
        r"|bootstrap/cache[^\n]*Permission denied"
        r"|tempnam\(\): file created in the system's temporary directory",
        cause="storage or bootstrap/cache is not writable for the app's user; a command that ran as"
        " root through exec may have left files there",
        example=(
            "The /srv/app/bootstrap/cache directory must be present and writable.",
            "tempnam(): file created in the system's temporary directory",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"Allowed memory size of (?P<bytes>\d+) bytes exhausted",
        cause="PHP's memory_limit ({bytes} bytes) is too small for a request",
        example="PHP Fatal error:  Allowed memory size of 8388608 bytes exhausted (tried to"
        " allocate 20480 bytes)",
    ),
)

SELF_REPORT = (
    Pattern(
        Source.APP,
        match=r"PHP (?:Fatal|Parse) error: +(?P<said>[^\n]{1,240})",
        cause="PHP ends in a fatal error: {said}",
        example="PHP Fatal error:  Uncaught Error: Call to undefined function App\\x() in /x.php:3",
    ),
    Pattern(
        Source.APP,
        match=r'"message":"(?P<said>(?!cutover-probe)[^\n]{1,240}?)"?,"context"[^\n]*"level_name":"'
        r'(?:ERROR|CRITICAL|ALERT|EMERGENCY)"',
        cause="no rule knows it; the app logs: {said}",
        example='{"message":"The \\"x\\" is no y.","context":{},"level":400,"level_name":"ERROR"}',
    ),
    Pattern(
        Source.APP,
        match=r"\b\w+\.(?:ERROR|CRITICAL|ALERT|EMERGENCY): (?P<said>(?!cutover-probe)[^\n]{1,240})",
        cause="no rule knows it; the app logs: {said}",
        example="[2026-11-25 07:00:00] production.ERROR: It broke. {}",
    ),
)
"""After all others: the first error in the app's own log, but for those that the probe raises."""
