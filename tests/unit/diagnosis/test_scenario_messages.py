"""What the scenarios of secrets, image, uploads and mail say, and the cause that follows."""

from __future__ import annotations

import pytest

from harness.diagnosis.patterns.scenario_messages import (
    FACTS,
    MAIL,
    RELEASES,
    UPLOADS,
    likely_cause,
)

SEEN = {
    "visitors saw [200, 503] during the release\nthe service's minimumHealthyPercent is 50": (
        "minimumHealthyPercent of the service"
    ),
    "The release was neither refused nor rolled back, within 60 s.\nthe service's deployment"
    " circuit breaker, or its rollback, is off": "circuit breaker",
    "the web task takes ['password'] from tickets/db, and should take the account only": (
        "more, or less, than username and password from tickets/db"
    ),
    "the secret tickets/db is not a JSON object": "the secret tickets/db is not strict JSON",
    "the web task definition has the secret DB_PASSWORD as a plain variable": (
        "DB_PASSWORD is among the plain variables"
    ),
    "APP_KEY of the worker task 0123 is not the secret's": "APP_KEY is not the secret's in every",
    "tasks that started after the rotation use {'tickets'}, and not tickets_clone": (
        "new tasks do not take the user name from the secret"
    ),
    "PHP-FPM's workers run as root": "the app runs as root",
    "the app's user can write to /srv/app/public, /srv/app/app": (
        "can write to /srv/app/public, which app.writable does not declare"
    ),
    "development packages are in the image: laravel/sail": "without --no-dev",
    "tools of the build are in the image: /usr/bin/git": "what only its build needs: /usr/bin/git",
    "the image has /srv/app/.env in a layer": "/srv/app/.env was copied into the image",
    "the image holds a secret: its configuration sets TOKEN; x": "its configuration sets TOKEN",
    "configuration was cached when the image was built: /a": "config:cache ran when the image",
    "APP_DEBUG is on: an error page shows .php": "APP_DEBUG is true in the task",
    "PHP's display_errors is 1": "PHP's settings in the image are those of development",
    "task 0123 runs without its cache of config, routes": "there is no cache of config, routes",
    "MAIL_MAILER is 'ses' in the task definition, and the app's cached configuration has 'log'": (
        "was not made from the task's own variables"
    ),
    "OPcache is off in PHP-FPM": "OPcache is not set for production",
    "clear_env hides from PHP-FPM: APP_KEY": "clear_env is not set to no",
    "3 Debian packages of the image lack a security fix: curl": "older than the fixes",
    "a request in flight when its task got the stop signal ended with 000": "the stop signal ends",
    "a request in flight when its task got the stop signal ended with 504": "fastcgi_read_timeout",
    "visitors whose task was stopped saw [200, 504]": "fastcgi_read_timeout",
    "The idle time-out is 60 s again, and 2 s are still too long, within 15 s. The last answer:"
    " 504": "fastcgi_read_timeout",
    "AssertionError: FILESYSTEM_DISK is not the same in every task: web=s3, worker=local": (
        "FILESYSTEM_DISK differs between the task definitions (web=s3, worker=local)"
    ),
    "AssertionError: the app removed a plan and left it in the store: 200": (
        "leaves the object in the bucket"
    ),
    "AssertionError: visitors can read /artisan, which is no file of the public directory": (
        "nginx's root must be the app's public directory"
    ),
    "AssertionError: a page of HTML was taken for a PDF: the upload was answered with 302": (
        "does not look at what a file is"
    ),
    "AssertionError: APP_ENV is 'local'": 'APP_ENV is "local"',
    "AssertionError: the HTML part does not name the order": "the mail has no HTML part",
    "the attachments are ['876-events.ics']": "or is not text/calendar: ['876-events.ics']",
    "AssertionError: the link to the store answered 403": "not temporaryUrl()",
    "visitors whose task was stopped saw [200, 502]": "deregistration delay is too short",
    "the task's container ended with 137, not 0": "ignores its stop signal",
    "No mail came to the buyer (the worker's mailer is 'log', its queue connection 'sqs')": (
        'MAIL_MAILER is "log" in the worker'
    ),
    "the job ran in task 0123, which is no worker, through the queue connection 'sync'": (
        'QUEUE_CONNECTION is "sync" in the web task'
    ),
    "the mail is from a@b.example, not from c@d.example": "MAIL_FROM_ADDRESS is a@b.example",
    "the filesystem disk is 'local', and another task": 'FILESYSTEM_DISK is "local"',
    'files/a/temporary-url answered 502: {"disk":"local"}': 'FILESYSTEM_DISK is "local"',
    'PUT /_probe/v1/files/a answered 502: {"disk":"s3","error":"it is \\"on\\" fire"}': (
        "the app fails at what the probe asks of it: it is"
    ),
    "the disk local did not store the file": 'FILESYSTEM_DISK is "local"',
    "it is signed with a static key and not by a role": "a static AWS_ACCESS_KEY_ID is set",
    "it is signed for the region eu-west-1": "the app signs for S3 in eu-west-1",
    "App\\Jobs\\SendIt was sent while the order's transaction was open: a worker can take it": (
        "a job is queued before its transaction is committed"
    ),
    "App\\Jobs\\SendIt may take 600 s, and the visibility time-out is 120 s": (
        "$timeout of App\\Jobs\\SendIt (600 s) is longer than the queue's visibility time-out"
    ),
    "App\\Jobs\\SendIt may be tried 25 times, and maxReceiveCount is 5": (
        "$tries of App\\Jobs\\SendIt (25) is more than the queue's maxReceiveCount (5)"
    ),
    "No mail came to the buyer (the worker's mailer is 'ses', its queue connection 'sqs'), within"
    " 30 s. The last answer: []; its job's runs ended: ['succeeded']": (
        "the mail's job ran and sent nothing"
    ),
    "the bucket may become public: BlockPublicPolicy is off": "the bucket is not private",
    "the bucket's lifecycle and the upload events/7/poster/a.jpg: rule 'old' deletes it after"
    " 1 day(s)": "the bucket's lifecycle takes uploads away while their events are on sale (rule"
    " 'old' deletes it after 1 day(s))",
    "20 MB were not accepted: The file is too large": "upload_max_filesize or post_max_size",
    "one byte over the limit was answered with 302": "does not check the size",
    "the file 'a b.jpg' came back as 'a-b.jpg'": "does not keep a file's own name",
    "a stranger's GET of the plan: 200": "its policy is not asked",
    "the upload failed, and nobody was told": "the disk does not throw",
    "a record was written for a file that is not there": "before the file is stored",
    "A temporary URL of 2 s did not expire": "temporary URLs are not signed",
    "the orders ['A'] were confirmed as ['A', 'A']": "confirmed more than once",
    "the web task's definition sends its AWS calls to minio: AWS_ENDPOINT is 'http://minio'": (
        "AWS_ENDPOINT of the web task sends its AWS calls to minio"
    ),
    "the worker task's definition has SQS_PREFIX=https://a/1, and it should be https://b/2": (
        "SQS_PREFIX of the worker task is https://a/1 in its task definition, and must be https://b"
    ),
    "the container app of the worker task has no logConfiguration": "the worker task's definition",
    "the image has no file /etc/ssl/ca.crt: it lacks ca-certificates": "no CA certificates at /etc",
    "the image's file /etc/ssl/ca.crt holds no certificate": "no CA certificates at /etc",
    "the image's file /etc/ssl/ca.crt trusts 'Amazon RDS Root' and its like, and no root of"
    " Amazon's": "and not RDS's bundle (Amazon RDS Root)",
    "the worker task's definition has no SQS_PREFIX, which here the overlay sets; it should be"
    " https://a/1": "SQS_PREFIX of the worker task must be https://a/1",
    "the web task's definition has AWS_URL='http://minio:9000/a', and no visitor reaches minio": (
        "AWS_URL of the web task makes links to minio"
    ),
    "nginx's keepalive_timeout is 0.5 s and the load balancer's idle time-out 60 s: x": "(0.5 s)",
    "the load balancer waits 0 s for the requests of a task that leaves": "timeout_seconds is 0",
    "a web task ended by itself with exit code 137 OutOfMemoryError: x": "was killed for memory",
    "the role tickets-web-task allows s3:* on everything": "allows too much: name the actions",
    "the web task's app has the execution role arn:aws:iam::1:role/e": "taskRoleArn of the web",
    "the mail's links are ['http://localhost/orders/A']": "the links in its mails go to http://loc",
    "a mail that SES refuses counts as sent": "the app swallows what SES says",
    "No 2 mails came to the buyer (the worker's mailer is 'ses', ...)": "nobody sends what is",
}


@pytest.mark.parametrize(("seen", "cause"), SEEN.items())
def test_what_is_seen_has_its_cause(seen: str, cause: str) -> None:
    assert cause in (likely_cause([seen]) or "nothing"), likely_cause([seen])


def test_every_rule_is_tried() -> None:
    for rule in (*RELEASES, *FACTS, *UPLOADS, *MAIL):
        assert any(rule.pattern.search(seen) for seen in SEEN), rule.pattern.pattern


def test_what_the_probe_says_is_understood_before_it_is_quoted() -> None:
    told = 'GET /_probe/v1/files/a/temporary-url answered 502: {"disk":"local","error":"no driver"}'
    assert 'FILESYSTEM_DISK is "local"' in (likely_cause([told]) or "")
