"""Mistakes of the queue and its worker."""

from __future__ import annotations

from scenarios import test_configuration as configuration
from scenarios import test_definitions as definitions
from scenarios import test_laravel as laravel
from scenarios import test_queue as queue
from scenarios import test_uploads as uploads
from scenarios.tickets import test_orders as tickets_orders
from tests.mistakes.edits import (
    ENTRYPOINT,
    KMS_KEY,
    QUEUES,
    TASKS,
    WEB_ROLE,
    WORKER_ROLE,
    WORKER_TASK,
    add_word,
    combine,
    replace,
    replace_pattern,
    replace_word,
    run_in_shell,
    set_everywhere,
    set_field,
    set_variable,
)
from tests.mistakes.mistake import NOT_STARTED, Mistake, Twin

MISTAKES = (
    Mistake(
        "jobs are run by the web task itself",
        set_variable("QUEUE_CONNECTION", "sync"),
        breaks=[queue.test_dispatched_job_runs_once_in_the_worker],
        cause="QUEUE_CONNECTION is not sqs in the web task",
        also_green=[queue.test_worker_flags_fit_the_queue],
    ),
    Mistake(
        "the queue's visibility time-out is shorter than a job may take",
        replace_pattern(QUEUES, r'"VisibilityTimeout": "\d+"', '"VisibilityTimeout": "30"'),
        breaks=[queue.test_worker_flags_fit_the_queue],
        cause="visibility time-out (30 s) is not longer than",
        also_green=[queue.test_queues_keep_a_job_as_long_as_it_may_wait],
        twin=Twin(
            "the visibility time-out is far longer than a job takes",
            replace_pattern(QUEUES, r'"VisibilityTimeout": "\d+"', '"VisibilityTimeout": "300"'),
        ),
    ),
    Mistake(
        "a failing job is taken away by the queue before Laravel gives it up",
        replace(WORKER_TASK, '"--tries=3"', '"--tries=8"'),
        breaks=[queue.test_worker_flags_fit_the_queue],
        cause="queue:work's --tries (8) is more than the queue's maxReceiveCount (5)",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "a job is tried as often as the queue hands it out",
            replace_word("--tries=3", "--tries=5"),
        ),
    ),
    Mistake(
        "the queue has no dead-letter queue",
        replace_pattern(QUEUES, r',\s*"RedrivePolicy": \{[^}]*\}', ""),
        breaks=[
            queue.test_worker_flags_fit_the_queue,
            queue.test_job_past_max_receive_count_is_dead_lettered,
        ],
        cause="has no dead-letter queue",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the queue hands a job out ten times before it gives it up",
            replace(QUEUES, '"maxReceiveCount": 5', '"maxReceiveCount": 10'),
        ),
    ),
    Mistake(
        "the worker listens to another queue",
        set_variable("SQS_QUEUE", "tickets-job", task="worker"),
        cause="lacks sqs:ReceiveMessage on arn:aws:sqs:us-east-1:876000000876:tickets-job",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the worker is killed before its job can finish",
        set_field("stopTimeout", 2, task="worker"),
        breaks=[
            queue.test_worker_flags_fit_the_queue,
            queue.test_scaling_to_zero_and_back_loses_no_job,
        ],
        cause="stopTimeout (2 s) is shorter",
        follows=["the worker was killed in the middle of a job: stopTimeout is too short"],
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the worker may take 110 s to stop",
            set_field("stopTimeout", 110, task="worker"),
        ),
    ),
    Mistake(
        "the worker tries a job once",
        replace(WORKER_TASK, '"--tries=3"', '"--tries=1"'),
        breaks=[
            queue.test_failing_job_backs_off_and_succeeds,
            queue.test_job_of_a_killed_worker_runs_once_more,
        ],
        cause="queue:work's --tries is 1",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "the web task's role may not dispatch jobs",
        replace(WEB_ROLE, '"sqs:SendMessage"', '"sqs:SendMessages"'),
        breaks=[queue.test_dispatched_job_runs_once_in_the_worker],
        cause="the task role tickets-web-task lacks sqs:SendMessage",
        also_green=[uploads.test_stored_file_is_the_same_from_another_task],
        twin=Twin(
            "the web task's role names its action with a wildcard",
            replace(WEB_ROLE, '"sqs:SendMessage"', '"sqs:Send*"'),
        ),
    ),
    Mistake(
        "the worker's role may not remove messages",
        replace(WORKER_ROLE, '"sqs:DeleteMessage",', ""),
        breaks=[queue.test_dispatched_job_runs_once_in_the_worker],
        cause="the task role tickets-worker-task lacks sqs:DeleteMessage",
        also_green=[queue.test_worker_flags_fit_the_queue],
    ),
    Mistake(
        "the worker has no role",
        replace_pattern(WORKER_TASK, r'^  "taskRoleArn": .*\n', ""),
        cause="the task has no task role",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the queue has a key that the roles may not use",
        replace(
            QUEUES,
            '"SqsManagedSseEnabled": "true",\n        "RedrivePolicy"',
            f'"KmsMasterKeyId": "{KMS_KEY}",\n        "RedrivePolicy"',
        ),
        cause=f"on the key that bucket or queue is encrypted with ({KMS_KEY})",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "the web tasks take jobs off the queue too",
        combine(
            # Without this right queue:work would be refused: it is the role that keeps jobs apart.
            replace(
                WEB_ROLE,
                '"sqs:SendMessage"',
                '"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage",'
                ' "sqs:ChangeMessageVisibility"',
            ),
            replace(
                ENTRYPOINT,
                "# 4. PHP-FPM",
                "(while :; do php artisan queue:work sqs || sleep 1; done) &\n# 4. PHP-FPM",
            ),
        ),
        breaks=[queue.test_burst_of_jobs_runs_in_the_workers_only],
        cause="something besides the workers takes jobs off the queue",
        also_green=[queue.test_worker_flags_fit_the_queue],
        twin=Twin(
            "the web task's role may take jobs, and nothing in the task does",
            replace(
                WEB_ROLE,
                '"sqs:GetQueueAttributes"',
                '"sqs:GetQueueAttributes", "sqs:ReceiveMessage"',
            ),
        ),
    ),
    Mistake(
        "the entrypoint stays between ECS and the worker",
        replace(ENTRYPOINT, '    exec "$@"\n', '    "$@"\n    exit $?\n'),
        breaks=[queue.test_scaling_to_zero_and_back_loses_no_job],
        cause="the worker does not stop when ECS tells it to",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the entrypoint gives its place to the worker by way of env",
            replace(ENTRYPOINT, '    exec "$@"\n', '    exec env "$@"\n'),
        ),
    ),
    Mistake(
        "the queue forgets a job before it can have been tried",
        replace_pattern(
            QUEUES, r'"MessageRetentionPeriod": "345600"', '"MessageRetentionPeriod": "60"'
        ),
        breaks=[queue.test_queues_keep_a_job_as_long_as_it_may_wait],
        cause="the queue's MessageRetentionPeriod (60 s) is shorter than a job may wait",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the queue keeps a job for a day",
            replace_pattern(
                QUEUES, r'"MessageRetentionPeriod": "345600"', '"MessageRetentionPeriod": "86400"'
            ),
        ),
    ),
    Mistake(
        "the dead-letter queue forgets sooner than the queue",
        replace_pattern(
            QUEUES, r'"MessageRetentionPeriod": "1209600"', '"MessageRetentionPeriod": "3600"'
        ),
        breaks=[queue.test_queues_keep_a_job_as_long_as_it_may_wait],
        cause="the dead-letter queue's MessageRetentionPeriod (3600 s) is shorter than the queue's",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the dead-letter queue keeps a job for four days",
            replace_pattern(
                QUEUES, r'"MessageRetentionPeriod": "1209600"', '"MessageRetentionPeriod": "345601"'
            ),
        ),
    ),
    Mistake(
        "the worker's cache has a prefix of its own",
        set_variable("CACHE_PREFIX", "worker-", task="worker"),
        breaks=[queue.test_workers_share_the_cache_of_the_web_tasks],
        cause="worker and web task do not share their cache",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "all tasks have another prefix of the cache",
            set_everywhere("CACHE_PREFIX", "shop-cache-"),
        ),
    ),
    Mistake(
        "the queue delays every message",
        replace_pattern(
            QUEUES, r'"VisibilityTimeout"', '"DelaySeconds": "900",\n        "VisibilityTimeout"'
        ),
        breaks=[queue.test_dispatched_job_runs_once_in_the_worker],
        cause="the queue delays each message by 900 s",
        also_green=[queue.test_worker_flags_fit_the_queue],
        twin=Twin(
            "the queue's delay is written out: none",
            replace_pattern(
                QUEUES, r'"VisibilityTimeout"', '"DelaySeconds": "0",\n        "VisibilityTimeout"'
            ),
        ),
    ),
    Mistake(
        "the worker may grow beyond its task's memory",
        replace_word("--memory=192", "--memory=1024"),
        breaks=[queue.test_worker_flags_fit_the_queue],
        cause="queue:work's --memory (1024 MB) is not below the worker's memory (512 MiB)",
        also_green=[queue.test_workers_share_the_cache_of_the_web_tasks],
        twin=Twin(
            "the worker may grow to most of its task's memory",
            replace_word("--memory=192", "--memory=384"),
        ),
    ),
    Mistake(
        "jobs that failed are kept nowhere",
        set_variable("QUEUE_FAILED_DRIVER", "null", task="worker"),
        breaks=[queue.test_poison_job_ends_in_failed_jobs],
        cause="QUEUE_FAILED_DRIVER is null",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin(
            "the worker names the default place for jobs that failed",
            set_variable("QUEUE_FAILED_DRIVER", "database-uuids", task="worker"),
        ),
    ),
    Mistake(
        "the worker sleeps after each empty poll",
        replace_word("--sleep=1", "--sleep=90"),
        breaks=[queue.test_worker_flags_fit_the_queue],
        cause="queue:work's --sleep is 90",
        also_green=[queue.test_queues_keep_a_job_as_long_as_it_may_wait],
        twin=Twin(
            "the worker sleeps for 2 s after an empty poll", replace_word("--sleep=1", "--sleep=2")
        ),
    ),
    Mistake(
        "the worker's backoff is meant in milliseconds",
        replace_word("--backoff=5", "--backoff=60000"),
        breaks=[queue.test_worker_flags_fit_the_queue],
        cause="queue:work's --backoff is 60000 s, longer than SQS hides a message",
        also_green=[queue.test_queues_keep_a_job_as_long_as_it_may_wait],
        twin=Twin("the worker's backoff is a list", replace_word("--backoff=5", "--backoff=5,30")),
    ),
    Mistake(
        "a failing job is tried without end",
        replace_word("--tries=3", "--tries=0"),
        breaks=[
            queue.test_worker_flags_fit_the_queue,
            queue.test_poison_job_ends_in_failed_jobs,
        ],
        cause="queue:work's --tries is 0",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "a job may take for ever",
        replace_word("--timeout=90", "--timeout=0"),
        breaks=[queue.test_worker_flags_fit_the_queue],
        cause="queue:work's --timeout is 0",
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
        twin=Twin("a job may take 80 s", replace_word("--timeout=90", "--timeout=80")),
    ),
    Mistake(
        "the worker takes jobs of another connection",
        replace_word("sqs", "database"),
        breaks=[queue.test_dispatched_job_runs_once_in_the_worker],
        cause='the worker\'s command takes jobs of the connection "database"',
        also_green=[queue.test_worker_flags_fit_the_queue],
        twin=Twin(
            "the worker's command names no connection, and QUEUE_CONNECTION is sqs",
            replace_word("sqs", ""),
        ),
    ),
    Mistake(
        "the queue is a FIFO queue",
        combine(
            replace_pattern(QUEUES, r'"tickets-jobs(-dead)?"', r'"tickets-jobs\1.fifo"'),
            replace(
                QUEUES,
                'tickets-jobs-dead",\n          "max',
                'tickets-jobs-dead.fifo",\n          "max',
            ),
            replace(
                QUEUES,
                '"MessageRetentionPeriod"',
                '"FifoQueue": "true",\n        "MessageRetentionPeriod"',
            ),
            set_everywhere("SQS_QUEUE", "tickets-jobs.fifo"),
            *(
                replace(f"app/iam/{task}-task.json", ':tickets-jobs"', ':tickets-jobs.fifo"')
                for task in TASKS
            ),
        ),
        breaks=[
            configuration.test_jobs_for_a_fifo_queue_have_a_message_group,
            tickets_orders.test_worker_sends_the_order_mail,
        ],
        cause="the job in app/Jobs/SendOrderConfirmation.php line 15 has no message group",
        follows=["the queue is a FIFO queue, and a job of the app has no message group"],
        also_green=[queue.test_dispatched_job_runs_once_in_the_worker],
    ),
    Mistake(
        "the web task dispatches its jobs to the database",
        set_variable("QUEUE_CONNECTION", "database"),
        breaks=[queue.test_dispatched_job_runs_once_in_the_worker],
        cause="and the web task writes them to database: tickets-jobs",
        also_green=[queue.test_worker_flags_fit_the_queue],
    ),
    Mistake(
        "the worker reads a queue that nobody writes to",
        combine(
            add_word("--queue=tickets-high"),
            replace(WORKER_ROLE, ':tickets-jobs"', ':tickets-*"'),
            replace(
                QUEUES,
                '    {\n      "QueueName": "tickets-jobs",',
                '    {\n      "QueueName": "tickets-high"\n    },\n'
                '    {\n      "QueueName": "tickets-jobs",',
            ),
        ),
        breaks=[
            queue.test_dispatched_job_runs_once_in_the_worker,
            laravel.test_default_queue_of_the_web_tasks_has_a_worker,
        ],
        cause="tickets-high, and the web task writes them to sqs: ",
        follows=[
            "the queue tickets-high has no dead-letter queue",
            "queue:work serves tickets-high",
        ],
        also_green=[definitions.test_task_definitions_use_aws_endpoints],
        twin=Twin("the worker's queue is written out", add_word("--queue=tickets-jobs")),
    ),
    # The last: its twin leaves the worker's command one word.
    Mistake(
        "the worker runs in a shell that keeps its signals",
        run_in_shell("%s ; true"),
        breaks=[queue.test_scaling_to_zero_and_back_loses_no_job],
        cause="the stop signal does not reach queue:work",
        also_green=[queue.test_worker_flags_fit_the_queue],
        twin=Twin("the worker takes the place of its shell", run_in_shell("exec %s")),
    ),
    Mistake(
        "the worker's role may not put a job back",
        replace(WORKER_ROLE, '"sqs:ChangeMessageVisibility",', ""),
        breaks=[
            queue.test_failing_job_backs_off_and_succeeds,
            tickets_orders.test_mail_is_retried_after_ses_rejects_it,
        ],
        cause="the task role tickets-worker-task lacks sqs:ChangeMessageVisibility",
        follows=["its role needs sqs:ChangeMessageVisibility"],
        also_green=[queue.test_worker_flags_fit_the_queue],
    ),
)
