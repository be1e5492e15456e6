r"""Rules for what the scenarios of secrets, image, uploads and mail see.

Those in `FACTS` need no other evidence: the scenario's own message is the fact. The others come
after what logs say, since a log line knows more of why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.diagnosis.patterns.app import SEEN
from harness.diagnosis.patterns.background import JOBS, SCHEDULED
from harness.diagnosis.patterns.network import NETWORK
from harness.diagnosis.patterns.platform import HEALTH, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterable

_IN_SECRETS = (
    rule(
        r"task takes \[[^\]]*\] from (?P<secret>\S+), and should take the account only",
        "a task definition takes more, or less, than username and password from {secret}: host,"
        " port and schema are plain variables, since a secret that RDS manages has the account"
        " only",
    ),
    rule(
        r"the secret (?P<secret>\S+) (?:is not (?:a )?JSON|has no text under the key)",
        "the secret {secret} is not strict JSON with username and password, which ECS and RDS"
        " Proxy both need",
    ),
    rule(
        r"task definition has the secret (?:value of )?(?P<name>\w+) as a plain variable",
        "{name} is among the plain variables of a task definition, where all who may describe it"
        " can read it: name it under secrets",
    ),
    rule(
        r"APP_KEY (?:differs between the tasks|of the \w+ task \w+ is not the secret's)"
        r"|the cached APP_KEY is not the secret's",
        "APP_KEY is not the secret's in every task: one started before the secret was changed, or"
        " takes its key from elsewhere",
    ),
    rule(
        r"tasks that started after the rotation use",
        "new tasks do not take the user name from the secret, and a rotation changes it with the"
        " password",
    ),
)

_IN_IMAGE = (
    rule(
        r"workers run as root|first process runs as root",
        "the app runs as root: the Dockerfile sets no USER, or the task definition sets one",
    ),
    rule(
        r"the app's user can write to (?P<path>[^,\s]+)",
        "the app's user can write to {path}, which app.writable does not declare: its owner or"
        " mode is wrong in the image",
    ),
    rule(
        r"development packages are in the image",
        "composer install ran without --no-dev when the image was built",
    ),
    rule(
        r"tools of the build are in the image: (?P<tools>[^\n]+)",
        "the image still has what only its build needs: {tools}",
    ),
    rule(
        r"the image has (?P<file>/[^\s,]*\.env[^\s,]*)",
        "{file} was copied into the image, and fills in every variable that the task lacks: name"
        " it in .dockerignore",
    ),
    rule(
        r"the image holds a secret: (?P<what>[^;\n]+)",
        "a secret is in the image, for all who may pull it: {what}",
    ),
    rule(
        r"configuration was cached when the image was built",
        "php artisan config:cache ran when the image was built, and froze what was set there: the"
        " entrypoint must run it, with the task's own values",
    ),
    rule(
        r"APP_ENV is '(?P<seen>[^']*)'",
        'APP_ENV is "{seen}" in the task, and must be production',
    ),
    rule(
        r"visitors can read (?P<path>/\S+), which is no file of the public directory",
        "visitors can read {path}: nginx's root must be the app's public directory, and .php files"
        " must go to PHP-FPM only",
    ),
    rule(
        r"APP_DEBUG is on",
        "APP_DEBUG is true in the task: an error shows code and configuration to every visitor",
    ),
    rule(
        r"display_errors is|answers say which PHP this is",
        "PHP's settings in the image are those of development: display_errors and expose_php must"
        " be off",
    ),
    rule(
        r"runs without its cache of (?P<what>[^\n]+)",
        "the entrypoint does not run php artisan optimize: there is no cache of {what}",
    ),
    rule(
        r"in the task definition, and the app's cached configuration has|cached APP_URL is another",
        "the app's configuration was not made from the task's own variables: it was cached when"
        " the image was built, or does not read them",
    ),
    rule(
        r"OPcache (?:is off|looks at each file's date)",
        "OPcache is not set for production in the image: opcache.enable=1 and"
        " opcache.validate_timestamps=0",
    ),
    rule(
        r"clear_env hides from PHP-FPM",
        "clear_env is not set to no for PHP-FPM, which then sees no variable, secret or role of the"
        " task",
    ),
    rule(
        r"Debian packages of the image lack a security fix",
        "the image is older than the fixes for its packages: build it anew",
    ),
    rule(
        r"(?:ended with |whose task was stopped saw \[[\d, ]*)504"
        r"|too long[^\n]*The last answer: 504",
        "nginx in the task gives up before the app has answered (504): fastcgi_read_timeout in the"
        " image is too short",
    ),
    rule(
        r"in flight when its task got the stop signal ended with",
        "the stop signal ends nginx or PHP-FPM at once: the entrypoint does not pass it on, or the"
        " image's STOPSIGNAL is not the graceful one",
    ),
    rule(
        r"visitors whose task was stopped saw \[",
        "a task is stopped before its requests have ended: the deregistration delay is too short,"
        " and the stop signal ends nginx or PHP-FPM at once",
    ),
    rule(
        r"the task's container ended with 137",
        "the container ignores its stop signal and was killed after stopTimeout: its first process"
        " is a shell that does not pass it on",
    ),
)

_IN_MAIL = (
    rule(
        r"the mail's links are \['(?P<link>https?://[^/']+)",
        "APP_URL is not the public URL in the worker: the links in its mails go to {link}",
    ),
    rule(
        r"the worker's mailer is '(?P<mailer>log|array|smtp|sendmail)'",
        'MAIL_MAILER is "{mailer}" in the worker, and must be ses: its mails go nowhere',
    ),
    rule(
        r"which is no worker, through the queue connection '(?P<connection>\w+)'",
        'QUEUE_CONNECTION is "{connection}" in the web task, which runs its jobs itself while the'
        " visitor waits",
    ),
    rule(
        r"the (?P<part>HTML|text) part does not name the order",
        "the mail has no {part} part, or one without its order: the Mailable's content() must name"
        " both views",
    ),
    rule(
        r"the attachments are (?P<seen>\[[^\n]*\])",
        "the mail's calendar file is missing, or is not text/calendar: {seen}",
    ),
    rule(
        r"the mail is from (?P<seen>[^\s,]*), not from (?P<wanted>\S+)",
        "MAIL_FROM_ADDRESS is {seen}, and the verified identity is {wanted}",
    ),
    rule(
        r"a mail that SES refuses (?:counts as sent|is not in failed_jobs[^\n]*'succeeded')",
        "the app swallows what SES says: the job must fail with it, to be tried again",
    ),
)

_IN_UPLOADS = (
    rule(
        r"(?:the filesystem disk is '|the disk |\"disk\": ?\")(?P<disk>local|public)\b",
        'FILESYSTEM_DISK is "{disk}", and must be s3: what one task stores there no other task has,'
        " and it ends with the task",
    ),
    rule(
        r"it is signed with a static key and not by a role",
        "a static AWS_ACCESS_KEY_ID is set in the task, and hides its role",
    ),
    rule(
        r"it is signed for the region (?P<region>\S+)",
        "the app signs for S3 in {region}, and the bucket is in another: AWS_DEFAULT_REGION of"
        " the task, or the disk's region in config/filesystems.php",
    ),
    rule(
        r"the bucket may become public|public access block is incomplete|the bucket's objects are"
        r" owned by|a stranger's GET of an object: 200",
        "the bucket is not private: block all public access, and let the bucket's owner own all"
        " objects",
    ),
    rule(
        r"the bucket's lifecycle and the upload [^:\n]*: (?P<what>[^\n]+)",
        "the bucket's lifecycle takes uploads away while their events are on sale ({what}): give"
        " the rule a prefix that uploads do not have",
    ),
)

RELEASES = (
    rule(
        r"(?:visitors saw \[[\d, ]*50\d[\d, ]*\] during the release|the old tasks did not stay)"
        r"[\s\S]*the service's minimumHealthyPercent is \d",
        "minimumHealthyPercent of the service is too low: ECS stops the old tasks before it knows"
        " that new ones start",
    ),
    rule(
        r"The release was (?:neither refused nor|refused, and was not) rolled back[\s\S]*"
        r"circuit breaker, or its rollback, is off",
        "the deployment circuit breaker of the service, with its rollback, is off: a release whose"
        " tasks cannot start is tried for ever",
    ),
)
"""Before all others: these scenarios have tasks that never start, and mean to."""

_IN_DEFINITIONS = (
    rule(
        r"the (?P<kind>\w+) task's definition sends its AWS calls to (?P<host>\S+):"
        r" (?P<name>\w+) is",
        "{name} of the {kind} task sends its AWS calls to {host}, which is not AWS: take it out of"
        " the task definition",
    ),
    rule(
        r"(?P<name>[A-Z_]+) is not the same in every task: (?P<seen>[^\n]*)",
        "{name} differs between the task definitions ({seen}): what one kind of task keeps or sends"
        " there, the others do not find",
    ),
    rule(
        r"the (?P<kind>\w+) task's definition has (?P<name>\w+)=(?P<value>\S*), and it should be"
        r" (?P<wanted>\S+)",
        "{name} of the {kind} task is {value} in its task definition, and must be {wanted}",
    ),
    rule(
        r"the (?P<kind>\w+) task's definition has no (?P<name>\w+), which here the overlay sets; it"
        r" should be (?P<wanted>\S+)",
        "{name} of the {kind} task must be {wanted}, and its task definition has none: on AWS the"
        " overlay, which sets it here, is not there",
    ),
    rule(
        r"the (?P<kind>\w+) task's definition has AWS_URL=\S+, and no visitor reaches"
        r" (?P<host>\S*)",
        "AWS_URL of the {kind} task makes links to {host}, a host of local development: take it out"
        " of the task definition, or write the public address of the bucket",
    ),
    rule(
        r"the container \S+ of the (?P<kind>\w+) task has no logConfiguration",
        "the {kind} task's definition has no logConfiguration: on Fargate nothing that it says is"
        " kept",
    ),
    rule(
        r"the image's file (?P<path>\S+) trusts '(?P<seen>[^'\n]*)' and its like, and no root of"
        r" Amazon's",
        "{path} in the image does not have the roots of Amazon Trust Services, which issue RDS"
        " Proxy's certificate: use the file of ca-certificates, and not RDS's bundle ({seen})",
    ),
    rule(
        r"the image(?: has no|'s) file (?P<path>\S+?)(?::| holds)",
        "the image has no CA certificates at {path}: install ca-certificates in it",
    ),
    rule(
        r"nginx's keepalive_timeout is (?P<keep>[\d.]+) s and the load balancer's idle time-out"
        r" (?P<idle>\d+) s",
        "nginx's keepalive_timeout ({keep} s) is not longer than the load balancer's idle time-out"
        " ({idle} s): visitors will see 502 now and then",
    ),
    rule(
        r"the load balancer waits (?P<drains>\d+) s for the requests of a task that leaves",
        "deregistration_delay.timeout_seconds is {drains}: the load balancer cuts the requests of"
        " each task that a deployment replaces",
    ),
    rule(
        r"a (?P<kind>\w+) task ended by itself with exit code [\d, ]+OutOfMemory",
        "a {kind} task was killed for memory: it needs more than its task definition allows",
    ),
)

_IN_ROLES = (
    rule(
        r"the role (?P<role>\S+) allows (?:\S+ on everything|all but a few actions)",
        "the role {role} allows too much: name the actions and the resources that the app needs",
    ),
    rule(
        r"the (?P<kind>\w+) task's app has the execution role",
        "taskRoleArn of the {kind} task is its execution role: give the app a role of its own",
    ),
)

FACTS = (*_IN_SECRETS, *_IN_IMAGE, *_IN_MAIL, *_IN_UPLOADS, *_IN_ROLES, *_IN_DEFINITIONS)

UPLOADS = (
    rule(
        r"_probe/v1/(?:files|mail)\S* answered 502[^\n]*\"error\": ?\""
        r"(?P<said>(?:[^\"\\]|\\.){1,200})",
        "the app fails at what the probe asks of it: {said}",
    ),
    rule(
        r"20 MB were not accepted: The file is too large|uploading 20 MB answered 413",
        "upload_max_filesize or post_max_size of PHP, or nginx's client_max_body_size, is smaller"
        " in the image than the app's own limit",
    ),
    rule(
        r"one byte over the limit was (?:answered with|stored)|over the limit was stored",
        "the app does not check the size of what is uploaded",
    ),
    rule(
        r"a page of HTML was taken for a PDF",
        "the app does not look at what a file is, but at its name: anyone may store a page with a"
        " script under the app's own host",
    ),
    rule(
        r"the file '[^\n]*' came back as",
        "the app does not keep a file's own name, or writes it into Content-Disposition unquoted",
    ),
    rule(
        r"a stranger's GET of the plan: 200",
        "the app shows a private file to everyone: its policy is not asked",
    ),
    rule(
        r"the upload failed, and nobody was told",
        "the disk does not throw, so that a failed put() looks like a success: set 'throw' => true",
    ),
    rule(
        r"a record was written for a file that is not there",
        "the app writes its record before the file is stored, or does not look at what put() says",
    ),
    rule(
        r"the app removed a plan and left it in the store",
        "the app removes its record and leaves the object in the bucket: whoever has the link still"
        " reads it, and it is kept for ever",
    ),
    rule(
        r"the link to the store answered (?P<code>403|401)",
        "the link to the store is refused ({code}): it is not signed, since the disk's url() is"
        " used and not temporaryUrl(), or its signer may not read the object",
    ),
    rule(
        r"did not expire|good for another object too",
        "temporary URLs are not signed: the disk's url() is used, or a front server answers for S3",
    ),
)

MAIL = (
    rule(
        r"the orders \[[^\]]*\] were confirmed as",
        "an order is confirmed more than once, or not at all: a job that runs twice must find that"
        " its mail was sent",
    ),
    rule(
        r"was sent while the order's transaction was open",
        "a job is queued before its transaction is committed, so that a worker may not find what"
        " it is about: set after_commit of the queue's connection, or dispatch after the commit",
    ),
    rule(
        r"(?P<job>App\\[\w\\]+) may take (?P<timeout>\d+) s, and the visibility time-out is"
        r" (?P<visible>\d+) s",
        "$timeout of {job} ({timeout} s) is longer than the queue's visibility time-out"
        " ({visible} s): the job runs twice at once",
    ),
    rule(
        r"(?P<job>App\\[\w\\]+) may be tried (?P<tries>\d+) times, and maxReceiveCount is"
        r" (?P<most>\d+)",
        "$tries of {job} ({tries}) is more than the queue's maxReceiveCount ({most}): it goes to"
        " the dead-letter queue and never to failed_jobs",
    ),
    rule(
        r"No (?:mail|\d+ mails) came to the buyer[^\n]*job's runs ended: \['succeeded'",
        "the mail's job ran and sent nothing: it did not find its order, which was not committed"
        " yet (after_commit), or the app does not send what it should",
    ),
    rule(
        r"No (?:mail|\d+ mails) came to the buyer",
        "nobody sends what is queued: no worker runs, or it looks at another queue than the web"
        " task",
    ),
)

CERTAIN = (*RELEASES, *NETWORK, *FACTS, *SCHEDULED)
LIKELY = (*JOBS, *UPLOADS, *MAIL, *SEEN)
ANSWERS = HEALTH


def find(rules: Iterable[Rule], text: str) -> str:
    """Return the sentence of the first rule that the text matches."""
    for one in rules:
        match = one.pattern.search(text)
        if match is not None:
            groups = {name: value.strip() for name, value in match.groupdict().items() if value}
            return one.sentence.format_map(groups)
    return ""


def likely_cause(texts: Iterable[str]) -> str | None:
    """Return the sentence of the first rule that matches."""
    return find((*CERTAIN, *LIKELY, *ANSWERS), "\n".join(texts)) or None
