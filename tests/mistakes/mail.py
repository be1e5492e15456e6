"""Mistakes of mail, and of the job that confirms an order."""

from __future__ import annotations

import json

from scenarios import test_mail as mail
from scenarios import test_queue as queue
from scenarios import test_sessions as sessions
from scenarios.tickets import test_orders as tickets_orders
from tests.mistakes.edits import (
    ORDER_JOB,
    QUEUES,
    WORKER_ROLE,
    Edit,
    combine,
    drop_secret,
    edit_security_group,
    replace,
    replace_pattern,
    set_everywhere,
    set_variable,
)
from tests.mistakes.mistake import USAGE, Mistake, Twin
from tests.variants.mail import BY_SMTP, send_by_smtp

MAILABLE = "app/app/Mail/OrderConfirmation.php"
PROVIDER = "app/app/Providers/AppServiceProvider.php"
DATE = "\n        Date::use("
ALWAYS_TO = (
    "\n        \\Illuminate\\Support\\Facades\\Mail::alwaysTo('developer@876events.example');"
)
TEMPLATE = "app/resources/views/mail/order-confirmation.blade.php"
PLACE = "app/app/Actions/PlaceOrder.php"
REGION = "env('AWS_DEFAULT_REGION', 'us-east-1')"
SERVICES = "app/config/services.php"
_SEND = "Mail::to($this->order->user)"
_RUN = "\\Illuminate\\Support\\Facades\\Process::run(['{}', '--version'])->throw();\n\n            "


def _attach(megabytes: int) -> Edit:
    """Attach a file of a size to the order's mail."""
    file = f"Attachment::fromData(fn (): string => random_bytes({megabytes} << 20), 'plan.pdf')"
    return replace(MAILABLE, "return [\n", f"return [\n            {file},\n")


def _embed(path: str) -> Edit:
    """Embed a picture into the order's mail."""
    return replace(TEMPLATE, "<body", f'<body data-logo="{{{{ $message->embed({path}) }}}}"')


def send_to(*addresses: str) -> Edit:
    """Let the worker's role send to these addresses only."""
    condition = f'"ForAllValues:StringLike": {{"ses:Recipients": {json.dumps(addresses)}}},'
    return replace_pattern(
        WORKER_ROLE,
        r'"Condition": \{\s*(?="StringEquals": \{\s*"ses:FromAddress")',
        f'"Condition": {{ {condition} ',
    )


MISTAKES = (
    Mistake(
        "the worker writes mails into its log",
        set_variable("MAIL_MAILER", "log", task="worker"),
        breaks=[tickets_orders.test_order_confirmation_has_both_parts_and_a_calendar_file],
        cause='MAIL_MAILER is "log" in the worker',
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "the web task sends its mails itself",
        set_variable("QUEUE_CONNECTION", "sync"),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="the web task sends mail itself",
        also_green=[sessions.test_session_values_are_read_by_another_task],
    ),
    Mistake(
        "the worker does not know the public URL",
        set_variable("APP_URL", "http://localhost", task="worker"),
        breaks=[tickets_orders.test_order_confirmation_has_both_parts_and_a_calendar_file],
        cause="APP_URL is not the public URL in the worker",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "mail goes to the SMTP endpoint of another Region",
        send_by_smtp(587, region="eu-west-1").edit,
        breaks=[mail.test_subject_beyond_ascii_arrives_unchanged],
        cause="verified in the region EU-WEST-1",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin("mail goes to the SMTP endpoint of its Region", BY_SMTP[0].edit),
    ),
    Mistake(
        "mail goes to SMTP's own port, which AWS closes",
        combine(BY_SMTP[0].edit, set_everywhere("MAIL_PORT", "25")),
        cause="AWS closes port 25",
        exit_code=USAGE,
    ),
    Mistake(
        "the endpoints' group admits HTTPS alone, and mail goes by SMTP",
        combine(BY_SMTP[0].edit, edit_security_group("tickets-endpoints", lambda it: it.pop())),
        breaks=[mail.test_subject_beyond_ascii_arrives_unchanged],
        cause="the worker does not reach email-smtp.us-east-1.amazonaws.com on port 587",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "the worker has no credentials for SMTP",
        combine(
            BY_SMTP[0].edit,
            drop_secret("MAIL_USERNAME", task="worker"),
            drop_secret("MAIL_PASSWORD", task="worker"),
        ),
        breaks=[mail.test_subject_beyond_ascii_arrives_unchanged],
        cause="has no MAIL_USERNAME and MAIL_PASSWORD",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "mails are from an address that nobody verified",
        set_variable("MAIL_FROM_ADDRESS", "hello@example.com", task="worker"),
        breaks=[tickets_orders.test_order_confirmation_reaches_the_buyer_from_the_identity],
        cause="lacks ses:SendRawEmail on arn:aws:ses:us-east-1:876000000876:identity/hello@",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "mails are from another name at the same address",
            set_variable("MAIL_FROM_NAME", "876 Events Tickets", task="worker"),
        ),
    ),
    Mistake(
        "a mail that SES refuses is written into the log instead",
        combine(
            set_variable("MAIL_MAILER", "failover", task="worker"),
            replace(
                "app/config/mail.php",
                "'array' => [",
                "'failover' => ['transport' => 'failover', 'mailers' => ['ses', 'log']],\n"
                "        'array' => [",
            ),
        ),
        breaks=[
            mail.test_mail_from_an_unverified_sender_ends_in_failed_jobs,
            tickets_orders.test_mail_is_retried_after_ses_rejects_it,
        ],
        cause="the app swallows SES's error",
        also_green=[tickets_orders.test_order_confirmation_has_both_parts_and_a_calendar_file],
    ),
    Mistake(
        "an order is confirmed by two jobs that do not know of each other",
        combine(
            replace(
                "app/app/Actions/QueueOrderConfirmation.php",
                "SendOrderConfirmation::dispatch($order);",
                "SendOrderConfirmation::dispatch($order);\n"
                "            SendOrderConfirmation::dispatch($order);",
            ),
            replace(
                ORDER_JOB,
                "confirmation_sent_at !== null",
                "confirmation_sent_at === false",
            ),
        ),
        breaks=[tickets_orders.test_each_order_is_confirmed_once],
        cause="an order is confirmed more than once",
        also_green=[mail.test_subject_beyond_ascii_arrives_unchanged],
        twin=Twin(
            "an order is confirmed by two jobs, and the second finds the mail sent",
            replace(
                "app/app/Actions/QueueOrderConfirmation.php",
                "SendOrderConfirmation::dispatch($order);",
                "SendOrderConfirmation::dispatch($order);\n"
                "            SendOrderConfirmation::dispatch($order);",
            ),
        ),
    ),
    Mistake(
        "every mail goes to a developer",
        replace(PROVIDER, DATE, f"{ALWAYS_TO}{DATE}"),
        breaks=[
            mail.test_mails_go_to_their_own_recipients,
            mail.test_subject_beyond_ascii_arrives_unchanged,
            tickets_orders.test_mail_is_retried_after_ses_rejects_it,
        ],
        cause="every mail goes to developer@876events.example in the place of its recipient",
        also_green=[sessions.test_session_values_are_read_by_another_task],
        twin=Twin(
            "every mail goes to a developer outside production",
            replace(
                PROVIDER,
                DATE,
                f"\n        if ($this->app->isLocal()) {{{ALWAYS_TO}\n        }}{DATE}",
            ),
        ),
    ),
    Mistake(
        "a mail is tried once only",
        replace(ORDER_JOB, "$tries = 3", "$tries = 1"),
        breaks=[tickets_orders.test_mail_is_retried_after_ses_rejects_it],
        cause="is not tried again",
        also_green=[tickets_orders.test_order_confirmation_has_both_parts_and_a_calendar_file],
    ),
    Mistake(
        "mails lose what is not ASCII",
        replace(
            "app/packages/cutover-probe/src/Mail/ProbeMail.php",
            "subject: $this->message['subject']",
            "subject: \\Illuminate\\Support\\Str::ascii($this->message['subject'])",
        ),
        breaks=[mail.test_subject_beyond_ascii_arrives_unchanged],
        cause="rewrites the subject",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "the scheduler's role may not dispatch jobs",
        replace("app/iam/scheduler-task.json", '"sqs:SendMessage"', '"sqs:GetQueueUrl"'),
        breaks=[tickets_orders.test_scheduler_confirms_an_order_whose_job_was_lost],
        cause="the task role tickets-scheduler-task lacks sqs:SendMessage",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "the worker's role may send from another address only",
        replace(
            WORKER_ROLE, "identity/tickets@876events.example", "identity/shop@876events.example"
        ),
        breaks=[tickets_orders.test_order_confirmation_has_both_parts_and_a_calendar_file],
        cause="the task role tickets-worker-task lacks ses:SendRawEmail",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the worker's role may use every identity",
            replace(WORKER_ROLE, "identity/tickets@876events.example", "identity/*"),
        ),
    ),
    Mistake(
        "the worker's role may send to the company's own addresses only",
        send_to("*@876events.example"),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="Allow if ForAllValues:StringLike ses:Recipients *@876events.example",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin("the worker's role may send to every address, which it says", send_to("*@*")),
    ),
    Mistake(
        "the queue takes small messages only",
        replace_pattern(
            QUEUES,
            r'"VisibilityTimeout"',
            '"MaximumMessageSize": "1024",\n        "VisibilityTimeout"',
        ),
        breaks=[mail.test_text_and_attachment_beyond_ascii_arrive_unchanged],
        cause="its MaximumMessageSize is 1024 bytes",
        also_green=[queue.test_worker_flags_fit_the_queue],
        twin=Twin(
            "the queue's limit of a message is written out: SQS's own",
            replace_pattern(
                QUEUES,
                r'"VisibilityTimeout"',
                '"MaximumMessageSize": "262144",\n        "VisibilityTimeout"',
            ),
        ),
    ),
    Mistake(
        "a job is queued before its order is committed",
        combine(
            replace("app/config/queue.php", "'after_commit' => true,", "'after_commit' => false,"),
            replace(
                PLACE,
                "            Hold::query()->whereKey($holds->modelKeys())->delete();\n",
                "            $this->queueConfirmation->handle($order);\n"
                "            Hold::query()->whereKey($holds->modelKeys())->delete();\n",
            ),
            replace(
                PLACE,
                "        $this->queueConfirmation->handle($order);\n\n"
                "        return $order;\n    }",
                "        return $order;\n    }",
            ),
        ),
        breaks=[tickets_orders.test_confirmation_job_follows_the_commit_and_fits_the_queue],
        cause="a job is queued before its transaction is committed",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "jobs do not wait for a commit, and the app dispatches after it",
            replace("app/config/queue.php", "'after_commit' => true,", "'after_commit' => false,"),
        ),
    ),
    Mistake(
        "a job may take longer than the queue hides it",
        replace_pattern(
            ORDER_JOB,
            r"public int \$tries = 3;",
            "public int $tries = 3;\n\n    public int $timeout = 600;",
        ),
        breaks=[tickets_orders.test_confirmation_job_follows_the_commit_and_fits_the_queue],
        cause="(600 s) is longer than the queue's visibility time-out",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "a job may take 60 s",
            replace_pattern(
                ORDER_JOB,
                r"public int \$tries = 3;",
                "public int $tries = 3;\n\n    public int $timeout = 60;",
            ),
        ),
    ),
    Mistake(
        "a job asks for more tries than the queue grants",
        replace(ORDER_JOB, "public int $tries = 3;", "public int $tries = 25;"),
        breaks=[tickets_orders.test_confirmation_job_follows_the_commit_and_fits_the_queue],
        cause="(25) is more than the queue's maxReceiveCount",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "a job asks for as many tries as the queue grants",
            replace(ORDER_JOB, "public int $tries = 3;", "public int $tries = 5;"),
        ),
    ),
    Mistake(
        "the job of a mail fails in the app's own code",
        replace_pattern(
            ORDER_JOB,
            r"(public function handle\([^)]*\): void\s*\{)",
            r"\1\n        throw new \\RuntimeException('The currency is not set.');",
        ),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="The currency is not set.",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "a job runs a program that the image lacks",
        replace(ORDER_JOB, _SEND, f"{_RUN.format('qrencode')}{_SEND}"),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="the worker task runs the program qrencode, which is not in the image",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "a job runs a program of the image",
            replace(ORDER_JOB, _SEND, f"{_RUN.format('curl')}{_SEND}"),
        ),
    ),
    Mistake(
        "a job sends a mail by PHP's own mail()",
        replace(
            ORDER_JOB, _SEND, f"throw_unless(mail('a@b.example', 'a', 'b'));\n            {_SEND}"
        ),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="the worker task hands a mail to sendmail",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "the worker's role may send with SES's other API only",
        replace(WORKER_ROLE, "ses:SendRawEmail", "ses:SendEmail"),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="the task role tickets-worker-task lacks ses:SendRawEmail",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the worker's role may send with both APIs of SES",
            replace(WORKER_ROLE, '"ses:SendRawEmail"', '["ses:SendEmail", "ses:SendRawEmail"]'),
        ),
    ),
    Mistake(
        "mails are sent in another region",
        replace(SERVICES, REGION, "'eu-west-1'"),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="lacks ses:SendRawEmail on arn:aws:ses:eu-west-1:876000000876:identity/tickets@",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin("the region of mails is written out", replace(SERVICES, REGION, "'us-east-1'")),
    ),
    Mistake(
        "mails are sent as on the old host",
        set_variable("MAIL_MAILER", "smtp", task="worker"),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause='MAIL_MAILER is "smtp" in the worker, and must be ses',
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "mails name a configuration set that SES does not have",
        replace(
            SERVICES, "'http' =>", "'options' => ['ConfigurationSetName' => 'tickets'], 'http' =>"
        ),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="SES has no configuration set tickets",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "a mail is larger than SES takes",
        _attach(12),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="a mail is larger than SES takes",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin("a mail has a file of a megabyte", _attach(1)),
    ),
    Mistake(
        "a mail embeds a picture that only the old host has",
        _embed("storage_path('app/public/logo.png')"),
        breaks=[tickets_orders.test_worker_sends_the_order_mail],
        cause="a mail takes /srv/app/storage/app/public/logo.png with it",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin("a mail embeds a picture of the image", _embed("public_path('favicon.svg')")),
    ),
)
