"""Patterns for the lines of PHP and Laravel: artisan's commands, exceptions, warnings."""

from __future__ import annotations

from harness.core.expectation import SettingCause
from harness.diagnosis.patterns.pattern import Pattern, Source

OTHER_KEY = SettingCause(
    "APP_KEY",
    "APP_KEY is not the same in every task, so that one cannot decrypt another's cookies",
)

COMMANDS = (
    Pattern(
        Source.APP,
        match=r'Command "(?P<name>[^"\n]+)" is not defined',
        cause="php artisan has no command {name}: a wrong word, or its package is not in the image",
        example='ERROR  Command "optmize" is not defined. Did you mean this?',
    ),
    Pattern(
        Source.APP,
        match=r'There are no commands defined in the "(?P<name>[^"\n]+)" namespace',
        cause="php artisan has no commands {name}:*: a wrong word, or their package is not in the"
        " image",
        example='ERROR  There are no commands defined in the "horizon" namespace.',
    ),
    Pattern(
        Source.APP,
        match=r'The "(?P<option>--?[\w-]+)" option (?P<words>does not exist|requires a value'
        r"|does not accept a value)",
        cause="php artisan is called with a wrong option: {option} {words}; see the command of"
        " {task}, or the image's entrypoint",
        example='The "--json" option does not exist.',
    ),
    Pattern(
        Source.APP,
        match=r'(?P<words>Too many arguments to "[^"\n]+" command|No arguments expected for'
        r' "[^"\n]+" command|Not enough arguments \(missing: "[^"\n]+")',
        cause="php artisan is called with wrong arguments: {words}; see the command of {task}, or"
        " the image's entrypoint",
        example='Too many arguments to "queue:work" command, expected arguments "connection".',
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
        match=r"Another route has already been assigned name \[(?P<name>[^\]]*)\]",
        cause="php artisan route:cache fails: two routes have the name {name}",
        example="Unable to prepare route [in] for serialization. Another route has already been"
        " assigned name [login].",
    ),
    Pattern(
        Source.APP,
        match=r"Unable to prepare route \[(?P<name>[^\]]*)\] for serialization",
        cause="php artisan route:cache fails: the route {name} cannot be written down, since it has"
        " another route's name or is a closure",
        example="Unable to prepare route [x] for serialization. Uses Closure.",
    ),
    Pattern(
        Source.APP,
        match=r"Could not open input file: (?:\./)?artisan",
        cause="php artisan is run where no artisan is: workingDirectory of the task definition, or"
        " the image's WORKDIR, must be the app's directory",
        example="Could not open input file: artisan",
    ),
    Pattern(
        Source.APP,
        match=r"Failed to parse dotenv file\. (?P<words>[^\n]{1,160})",
        cause="Laravel cannot read the .env file of the container: {words} The image holds one, or"
        " its entrypoint writes one; tasks need none, since ECS sets the environment",
        example="Failed to parse dotenv file. Encountered unexpected whitespace at [A Shop].",
    ),
)

KEY = (
    Pattern(
        Source.APP,
        match=r"No application encryption key has been specified",
        cause="APP_KEY is missing in the task: its task definition does not take it from the"
        " secret",
        setting="APP_KEY",
        example="No application encryption key has been specified.",
    ),
    Pattern(
        Source.APP,
        match=r"Unsupported cipher or incorrect key length",
        cause="APP_KEY has the wrong length for the cipher of config/app.php, or one of"
        " APP_PREVIOUS_KEYS has: AES-256-CBC, Laravel's own, takes 32 bytes, with the prefix"
        " base64:",
        setting="APP_KEY",
        example="Unsupported cipher or incorrect key length. Supported ciphers are: aes-128-cbc.",
    ),
    Pattern(
        Source.APP,
        match=r"The MAC is invalid",
        cause=OTHER_KEY,
        setting=OTHER_KEY.setting,
        example="DecryptException: The MAC is invalid.",
    ),
)

_CASE = "a file whose name has another case (Linux tells A from a, other systems do not)"
MISSING = (
    Pattern(
        Source.APP,
        match=r"syntax error, unexpected [^\n]*?(?P<file>/[^\s\"]+\.php)(?::| on line )"
        r"(?P<line>\d+)",
        cause="PHP cannot read {file}, line {line}: it has a syntax error, or was written for a"
        " newer PHP than the image's",
        example=(
            'PHP Parse error:  syntax error, unexpected token "]" in /srv/app/x.php on line 6',
            '{"message":"syntax error, unexpected token \\"]\\"","context":{"exception":{"class":'
            '"ParseError","file":"/srv/app/bootstrap/providers.php:6"}}}',
        ),
    ),
    Pattern(
        Source.APP,
        match=r"(?:require(?:_once)?\(|Failed opening required ')(?P<file>[^')\n]*vendor/autoload"
        r"\.php)(?:'|\): Failed to open stream: No such file)",
        cause="the image has no {file}: composer install did not run in its build, the path is that"
        " of the old host, or a volume of the task definition is mounted over it",
        example="PHP Fatal error: Failed opening required '/srv/app/vendor/autoload.php'",
    ),
    Pattern(
        Source.APP,
        match=r"(?:Failed opening required '|\b(?:require|include)(?:_once)?\()(?P<file>/[^')\n]+)"
        r"(?:'|\): Failed to open stream: No such file)",
        cause="PHP requires {file}, which is not in the image or not readable for its user: no COPY"
        " of its Dockerfile brings it in, .dockerignore keeps it out, or it is a path of the old"
        " host",
        example=(
            "PHP Fatal error:  Failed opening required '/srv/app/preload.php' in Unknown",
            "require(/srv/app/bootstrap/../routes/web.php): Failed to open stream: No such file or"
            " directory",
        ),
    ),
    Pattern(
        Source.APP,
        match=r'The "(?P<path>/[^"\n]+)" directory does not exist',
        cause="the image lacks the directory {path}: no COPY of its Dockerfile brings it in",
        example='DirectoryNotFoundException: The "/srv/app/resources/views" directory does not'
        " exist.",
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
        match=r"(?:Vite|Mix) manifest not found",
        cause="the image has no built assets: npm run build did not run in its build",
        example=(
            "Vite manifest not found at: /srv/app/public/build/manifest.json",
            "Mix manifest not found at: /srv/app/public/mix-manifest.json",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"Class \"?(?P<name>[\w\\]*(?:Telescope|Debugbar|Ignition|Collision|Pail|Sail|Faker)"
        r"\w*[\w\\]*)\"? not found",
        cause="{name} is a development package, and the production image rightly lacks it; what"
        " asks for it must not run there: bootstrap/providers.php, or bootstrap/cache/packages.php"
        " of a developer's machine, which .dockerignore must keep out",
        example='Class "Laravel\\Telescope\\TelescopeServiceProvider" not found',
    ),
    Pattern(
        Source.APP,
        match=r'Class "(?P<name>[\w\\]+ServiceProvider)" not found',
        cause="the image lacks {name}: its package is not installed (composer install --no-dev"
        " leaves out what only require-dev names), or bootstrap/cache/packages.php of another"
        " machine, which names it, was copied into the image",
        example='Class "Barryvdh\\LaravelIdeHelper\\IdeHelperServiceProvider" not found',
    ),
    Pattern(
        Source.APP,
        match=r"(?:Target )?Class [\"[](?P<name>[\w\\]+)[\]\"] (?:not found|does not exist)",
        cause=f"the image lacks the class {{name}}: a wrong name, {_CASE}, or a package that is not"
        " installed",
        example=(
            'Class "App\\Models\\Evnet" not found',
            "Target class [App\\Http\\Controllers\\eventController] does not exist.",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"(?:View|view for component) \[(?P<name>[^\]\n]+)\](?: not found|\.)",
        cause=f"the image has no view {{name}}: a wrong name, {_CASE}, or one that no COPY brings"
        " in",
        example=(
            "InvalidArgumentException: View [mail.Order-Confirmation] not found.",
            "Unable to locate a class or view for component [icons.ticket].",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"Route \[(?P<name>[^\]\n]+)\] not defined",
        cause="a page or mail links to the route {name}, which the app lacks: a wrong name, or"
        " routes that were cached when the image was built",
        example="Route [orders.show] not defined.",
    ),
    Pattern(
        Source.APP,
        match=r"Unable to locate file in Vite manifest: (?P<file>\S+[^.\s])",
        cause="the built assets lack {file}: it is no input of vite.config.js, or the build is an"
        " older one",
        example="Unable to locate file in Vite manifest: resources/js/checkout.js.",
    ),
)

LIMITS = (
    Pattern(
        Source.APP,
        match=r"tempnam\(\): file created in the system's temporary directory\","
        r"[^\n]*?\"file\":\"(?![^\"\n]*/Filesystem/)(?P<file>[^\"\n]+)",
        cause="tempnam() at {file} asks for a directory that its task does not have, or may not"
        " write to: a path of the old host; ask for sys_get_temp_dir()",
        example='{"message":"tempnam(): file created in the system\'s temporary directory",'
        '"context":{"exception":{"class":"ErrorException","code":0,"file":"/srv/app/app/Pdf.php:9"',
    ),
    Pattern(
        Source.APP,
        match=r"digital envelope routines::unsupported",
        cause="OpenSSL 3 refuses an old algorithm, which the old host's OpenSSL took: write the"
        " certificate or key (.p12, .pfx, RC2, DES) anew with a present one",
        example="error:0308010C:digital envelope routines::unsupported",
    ),
    Pattern(
        Source.APP,
        match=r"Session store not set on request",
        cause="code asks for the visitor's session where there is none: a job has it only where"
        " it is run in the visitor's request (QUEUE_CONNECTION=sync, as on a host without workers),"
        " and a route only in the middleware web; hand the values over",
        example="RuntimeException: Session store not set on request.",
    ),
    Pattern(
        Source.APP,
        match=r"open_basedir restriction in effect\. File\((?P<path>[^)]*)\)",
        cause="PHP's open_basedir keeps the app from {path}: add its directory, or leave"
        " open_basedir out, since a task has one app",
        example="PDO::__construct(): open_basedir restriction in effect. File(/etc/ssl/certs/"
        "ca-certificates.crt) is not within the allowed path(s): (/srv/app)",
    ),
    Pattern(
        Source.APP,
        match=r"Please provide a valid cache path",
        cause="storage/framework/views is not there when Laravel's configuration is read or cached:"
        " .dockerignore leaves it out, or entryPoint or command go past the entrypoint that makes"
        " it; put `mkdir -p storage/framework/views` first",
        example="production.ERROR: Please provide a valid cache path.",
    ),
    Pattern(
        Source.APP,
        match=r"bootstrap/cache directory must be present and writable"
        r"|storage/[^\n]*(?:Permission denied|could not be opened)"
        r"|bootstrap/cache[^\n]*Permission denied"
        r"|tempnam\(\): file created in the system's temporary directory"
        r"(?!\",[^\n]*?\"file\":\"(?![^\"\n]*/Filesystem/))",
        cause="storage or bootstrap/cache is not writable for the app's user: the Dockerfile does"
        " not give it to that user, or a volume is mounted there whose path no VOLUME of the"
        " Dockerfile names (it is root's then), or EFS is without an access point (its directory is"
        " root's), or a command that ran as root left files there, or capabilities.drop takes from"
        " ECS Exec, which is root, the right to write others' files",
        example=(
            "The /srv/app/bootstrap/cache directory must be present and writable.",
            "tempnam(): file created in the system's temporary directory",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"(?:(?:require|include)(?:_once)?|\w+Iterator::__construct|file_get_contents)"
        r"\((?P<path>/[^)\n]+)\): Failed to open (?:stream|directory): Permission denied",
        cause="the app's user may not read {path}: the image's build copied it with an owner or a"
        " mode (umask 077) of the machine that built it: give all users the right to read",
        example=(
            "RecursiveDirectoryIterator::__construct(/srv/app/config): Failed to open directory:"
            " Permission denied",
            "require(/srv/app/routes/web.php): Failed to open stream: Permission denied",
        ),
    ),
    Pattern(
        Source.APP,
        match=r"Allowed memory size of (?P<bytes>\d+) bytes exhausted",
        cause="PHP's memory_limit ({bytes} bytes) is too small for a request",
        example="PHP Fatal error:  Allowed memory size of 8388608 bytes exhausted (tried to"
        " allocate 20480 bytes)",
    ),
    Pattern(
        Source.APP,
        match=r"Maximum execution time of (?P<seconds>\d+) seconds? exceeded",
        cause="the app works longer than PHP's max_execution_time ({seconds} s)",
        example="PHP Fatal error:  Maximum execution time of 5 seconds exceeded in /srv/app/x.php",
    ),
)

_CURL = r"(?<!AWS HTTP error: )(?<!metadata service\. \()cURL error"
"""An error of the app's own request, and not of AWS's SDK."""
HOSTS = (
    Pattern(
        Source.APP,
        match=_CURL + r" \d+: [^\n]* for http://169\.254\.169\.254/",
        cause="the app asks 169.254.169.254, the metadata of an EC2 instance, which a Fargate task"
        " does not have: ECS_CONTAINER_METADATA_URI_V4 has the address of a task's own",
        example="cURL error 28: Connection timed out after 2001 milliseconds for"
        " http://169.254.169.254/latest/meta-data/instance-id",
    ),
    Pattern(
        Source.APP,
        match=_CURL + r" (?:7|28): (?P<what>(?:Resolving|Connection) timed"
        r" out|Failed to connect|Could not connect)(?! to (?:localhost|127\.|::1))[^\n]*? for https?://"
        r"(?P<host>(?!\S*amazonaws\.com)[\w.-]+)",
        cause="the app makes a request to {host}, and {task} has no way to it ({what}): a private"
        " subnet lets out what a NAT gateway or a VPC endpoint leads to; where {host} is the app's"
        " own public name, call its code instead of its pages",
        example="cURL error 28: Resolving timed out after 3000 milliseconds (see"
        " https://curl.se/libcurl/c/libcurl-errors.html) for https://shop.example/robots.txt",
    ),
    Pattern(
        Source.APP,
        match=r"Failed to connect to (?P<host>localhost|127(?:\.\d+){3}|::1) port (?P<port>\d+)",
        cause="the app makes a request to {host}, port {port}, and nothing listens there in {task}:"
        " on AWS web server, worker and other programs are tasks of their own; call the app's own"
        " code, or the service by its name",
        example="cURL error 7: Failed to connect to 127.0.0.1 port 80 after 0 ms: Could not connect"
        " to server (see https://curl.se/libcurl/c/) for http://127.0.0.1/tickets/7.pdf",
    ),
    Pattern(
        Source.APP,
        match=r"(?:getaddrinfo for|Could not resolve host:) (?P<host>[\w.-]+)",
        cause="the app looks for the host {host}, which {task} cannot resolve: nothing in this"
        " stack has that name; where it is the app's own public name, call its code instead of its"
        " pages",
        example=(
            "stream_socket_client(): php_network_getaddresses: getaddrinfo for mailpit failed: Name"
            " or service not known",
            "cURL error 6: Could not resolve host: minio (see https://curl.se/libcurl/c/)",
        ),
    ),
)
