"""Patterns for Laravel's words on its own configuration: guards, clocks, commands, names."""

from __future__ import annotations

from harness.diagnosis.patterns.pattern import Pattern, Source

GUARDS = (
    Pattern(
        Source.APP,
        match=r"Target class \[(?P<name>(?-i:[a-z])[\w.-]*)\] does not exist",
        cause='the app asks for "{name}" by its short name, which nothing registers: an alias of a'
        " middleware (bootstrap/app.php, formerly app/Http/Kernel.php), or a provider or package"
        " that the image lacks",
        example="BindingResolutionException: Target class [ssl] does not exist.",
    ),
    Pattern(
        Source.APP,
        match=r"Auth guard \[(?P<name>[^\]]*)\] is not defined",
        cause='the app asks for the guard "{name}", which config/auth.php lacks: AUTH_GUARD of'
        " {task}, or a name in the code",
        setting="AUTH_GUARD",
        example="InvalidArgumentException: Auth guard [api] is not defined.",
    ),
    Pattern(
        Source.APP,
        match=r"Authentication user provider \[(?P<name>[^\]]*)\] is not defined|Auth driver"
        r" \[(?P<driver>[^\]]*)\] for guard \[(?P<guard>[^\]]*)\] is not defined",
        cause="a guard of config/auth.php names a provider or driver that there is not, or one of a"
        " package that the image lacks",
        example=(
            "Authentication user provider [ldap] is not defined.",
            "Auth driver [sanctum] for guard [api] is not defined.",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"This password does not use the (?P<name>\w+) algorithm",
        cause="the passwords in the database were hashed in another way than by {name}: HASH_DRIVER"
        " must be the old host's, or HASH_VERIFY false",
        setting="HASH_DRIVER",
        example="RuntimeException: This password does not use the Bcrypt algorithm.",
    ),
    Pattern(
        Source.APP,
        match=r"Invalid bcrypt cost parameter specified|Bcrypt hashing not supported",
        cause="BCRYPT_ROUNDS is no number from 4 to 31, which bcrypt takes",
        example=(
            "ValueError: Invalid bcrypt cost parameter specified: 40",
            "RuntimeException: Bcrypt hashing not supported.",
        ),
        setting="BCRYPT_ROUNDS",
    ),
)

VALUES = (
    Pattern(
        Source.APP,
        match=r"Serialization of '(?P<name>[^'\n]+)' is not allowed",
        cause="code hands a {name} to a job, the session or the cache, and PHP cannot write one"
        " down: where the old host ran jobs in the request (QUEUE_CONNECTION=sync), none had to be",
        example="Exception: Serialization of 'Closure' is not allowed",
    ),
    Pattern(
        Source.APP,
        match=r"error setting certificate (?:verify locations|file): +(?:CAfile: )?(?P<file>/\S+)",
        cause="curl.cainfo of PHP names {file}, which {task} does not have: leave it out, since"
        " the image has CAs of its own, or name theirs",
        example="cURL error 77: error setting certificate file: /home/u876/ssl/cacert.pem (see"
        " https://curl.se/libcurl/c/libcurl-errors.html)",
    ),
)

PROXIES = (
    Pattern(
        Source.APP,
        match=r"substr_compare\(\): Argument #4[^\n]*string given",
        cause="TRUSTED_PROXIES holds a text that is no address and no network: Laravel takes a list"
        " with commas, such as 10.40.0.0/24,10.40.1.0/24",
        setting="TRUSTED_PROXIES",
        example="TypeError: substr_compare(): Argument #4 ($length) must be of type ?int, string"
        " given in vendor/symfony/http-foundation/IpUtils.php:117",
    ),
)

CLOCKS = (
    Pattern(
        Source.APP,
        match=r"Unknown or bad timezone \((?P<name>[^)]*)\)",
        cause='the app uses the time zone "{name}", which PHP does not know: a variable of {task},'
        " or config/app.php",
        example="DateTimeZone::__construct(): Unknown or bad timezone (America/Kingston)",
    ),
    Pattern(
        Source.APP,
        match=r"Invalid CRON field value|is not a valid CRON expression",
        cause="a time of the schedule is none: the scheduler fails at each tick, and runs nothing"
        " of what comes after it; see routes/console.php and the variables of {task} that it reads",
        example=(
            "InvalidArgumentException: Invalid CRON field value 25 at position 1",
            "InvalidArgumentException: 0 6 * * is not a valid CRON expression",
        ),
    ),
)

CONSOLE = (
    Pattern(
        Source.APP,
        match=r"symlink\(\): (?:Permission denied|Read-only file system)"
        r"(?!\",[^\n]*?\"file\":\"(?![^\"\n]*/Filesystem/))",
        cause="php artisan storage:link, when {task} starts, may not write into public/:"
        " make the link in the Dockerfile, or leave it out, since what it shows is each task's own",
        example="In Filesystem.php line 368: symlink(): Permission denied",
    ),
    Pattern(
        Source.APP,
        match=r"APPLICATION IN PRODUCTION",
        cause="artisan asks whether to go on in production, and nobody answers: the command needs"
        " --force",
        example="   APPLICATION IN PRODUCTION.  ",
    ),
)

_NAMED = (
    (
        r"Database connection \[{}\] not configured",
        ("database connection", "config/database.php"),
        "DB_CONNECTION",
        " of {task}, or SESSION_CONNECTION and its like (DB_CACHE_CONNECTION,"
        " DB_QUEUE_CONNECTION, or failed and batching of config/queue.php), or a model or job that"
        " names it",
    ),
    (
        r"Disk \[{}\] does not have a configured driver",
        ("disk", "config/filesystems.php"),
        "FILESYSTEM_DISK",
        " of {task}, or code that names it",
    ),
    (
        r"Mailer \[{}\] is not defined",
        ("mailer", "config/mail.php"),
        "MAIL_MAILER",
        " of {task}, or code that names it",
    ),
    (
        r"Cache store \[{}\] is not defined",
        ("cache store", "config/cache.php"),
        "CACHE_STORE",
        " of {task}, or code that names it",
    ),
    (
        r"The \[{}\] queue connection has not been configured",
        ("queue connection", "config/queue.php"),
        "QUEUE_CONNECTION",
        " or the command of {task}, or code that names it",
    ),
    (
        r"Log \[{}\] is not defined",
        ("log channel", "config/logging.php"),
        "LOG_CHANNEL",
        " of {task}, or code that names it",
    ),
    (
        r"Broadcast connection \[{}\] is not defined",
        ("broadcast connection", "config/broadcasting.php"),
        "BROADCAST_CONNECTION",
        " of {task}, or code that names it",
    ),
)
r"""Laravel's words for a name, the thing and the file that lacks it, a setting and more places.

Source: Laravel 12, the managers of Illuminate\Database, Filesystem, Mail, Cache, Queue and Log.
"""

_KEPT = {
    "Session/SessionManager": "SESSION_CONNECTION",
    "Cache/CacheManager": "DB_CACHE_CONNECTION",
}
"""The part of Laravel that asks for its tables, and the variable with their connection."""

NAMES = tuple(
    Pattern(
        Source.APP,
        match=r"Database connection \[(?P<name>[^\]]*)\] not configured[^\n]*"
        rf'/DatabaseManager\.php:\d+","[^"\n]*/{part}\.php',
        cause=f'{setting} of {{task}} is "{{name}}", a database connection that config/database.php'
        " lacks",
        setting=setting,
        example='Database connection [legacy] not configured.","trace":["/x/DatabaseManager.php:103'
        f'","/x/{part}.php:110"',
    )
    for part, setting in _KEPT.items()
) + tuple(
    Pattern(
        Source.APP,
        match=words.format(r"(?P<name>[^\]]*)"),
        cause=f'the app uses the {thing} "{{name}}", which {file} lacks: {setting}{places}',
        setting=setting,
        example=words.replace("\\", "").format("legacy") + ".",
    )
    for words, (thing, file), setting, places in _NAMED
)
"""Names that the app's configuration lacks."""
