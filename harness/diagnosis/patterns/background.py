"""Rules for what runs behind the web tier: queue, worker, scheduler."""

from __future__ import annotations

from harness.diagnosis.patterns.platform import rule

_LATE = (
    r"(?:job \S+ (?:was not done|did not begin)|not in (?:failed_jobs|the dead-letter queue)"
    r"|came to the buyer)[\s\S]*"
)
"""A scenario waited for a job in vain; what the worker's command says comes after it."""


SCHEDULED = (
    rule(
        r"the cache lost what was in it when a task started",
        "each task that starts empties the cache of all (cache:clear or optimize:clear in the"
        " entrypoint), and the rule starts one a minute: locks and all else there are lost",
    ),
    rule(
        r"the scheduled (?P<name>[^\n]+?) fails when the scheduler's task runs it[\s\S]*"
        r'"message":"(?P<error>[^"]+)"',
        "the scheduled {name} fails in the scheduler's task, at its fixed minute too: {error}",
    ),
    rule(
        r"the scheduled (?P<name>[^\n]+?) fails when the scheduler's task runs it",
        "the scheduled {name} fails in the scheduler's task, at its fixed minute too",
    ),
    rule(
        r"the scheduled (?P<name>[^\n]+?) failed in \d\S+: (?P<error>[^\n]*)",
        "the scheduled {name} fails each time, though schedule:run ends with 0: {error}",
    ),
)
"""Facts of what is scheduled: the scenario says itself what went wrong."""

JOBS = (
    rule(
        r"a worker task ended by itself with exit code 12\b|worker task \w+ [^\n]*exit code 12\b",
        "the worker ends again and again at its --memory limit (exit code 12), and ECS starts"
        " another: raise --memory, or look for what holds on to memory",
    ),
    rule(
        r"(?:a worker task ended by itself with exit code (?=\d)"
        r"|worker task \w+ [^\n]*Essential container in task exited[^\n]*exit code (?=0\b))"
        r"(?P<code>\d+)",
        "the worker ends by itself (exit code {code}) and is started again: queue:work must not"
        " have --stop-when-empty, --once, or a small --max-jobs or --max-time",
    ),
    rule(
        r"(?:'poison': True|tries=0|past max)[\s\S]*the worker tries a job without end",
        "queue:work's --tries is 0: a job that fails is tried until SQS takes it away, and never"
        " comes to failed_jobs",
    ),
    rule(
        r"(?:'poison': True|a mail that SES refuses is not in failed_jobs)[^\n]*'outcome': 'threw'"
        r"[^\n]*'failed': False",
        "a job that failed for good is not in failed_jobs: QUEUE_FAILED_DRIVER is null, or keeps"
        " them where no other task sees them",
    ),
    rule(
        r"the cache of the worker is (?P<worker>[^\n]*?) and that of the web task (?P<web>[^\n:]*)",
        "worker and web task do not share their cache ({worker}; {web}): CACHE_STORE, CACHE_PREFIX"
        " or APP_NAME differ",
    ),
    rule(
        r"nothing ran schedule:run in two minutes:[^\n]*exit code [1-9]",
        "the scheduler's task ends before it comes to schedule:run: its log says why",
    ),
    rule(
        r"nothing ran schedule:run in two minutes:[^\n]*TaskFailedToStart: (?P<words>[^\n]*)",
        "the scheduler's task does not start: {words}",
    ),
    rule(
        r"nothing ran schedule:run in two minutes",
        "no tick runs schedule:run: the rule's container override, or the scheduler's task"
        " definition, must have the command php artisan schedule:run",
    ),
    rule(
        r"the scheduler's task \w+ did not stop|tasks that the rule started did not stop",
        "a tick's task goes on running: its command must be schedule:run, which ends, and not"
        " schedule:work",
    ),
    rule(
        r"its runs ended: \['(?:failed|threw)'\]",
        "a job that fails is not tried again: queue:work's --tries is 1, or the job's own is",
    ),
    rule(
        r"the visibility time-out is (?P<hidden>\d+) s and the job time-out (?P<most>\d+) s",
        "the queue's visibility time-out ({hidden} s) is not longer than queue:work's --timeout"
        " ({most} s): a job that takes longer is delivered again while it runs",
    ),
    rule(
        r"tries=(?P<tries>\d+) is more than maxReceiveCount=(?P<most>\d+)",
        "queue:work's --tries ({tries}) is more than the queue's maxReceiveCount ({most}): SQS"
        " takes a failing job away before Laravel writes it to failed_jobs",
    ),
    rule(
        r"the queue keeps a message for (?P<kept>\d+) s, and a job[^\n]* for (?P<most>\d+) s:",
        "the queue's MessageRetentionPeriod ({kept} s) is shorter than a job may wait ({most} s):"
        " SQS drops it without a word",
    ),
    rule(
        r"the dead-letter queue keeps a message for (?P<dead>\d+) s and the queue (?:for )?"
        r"(?P<kept>\d+)",
        "the dead-letter queue's MessageRetentionPeriod ({dead} s) is shorter than the queue's"
        " ({kept} s): failed jobs are gone before anybody looks",
    ),
    rule(
        r"stopTimeout is (?P<stop>\d+) s, and a long poll and the longest job take (?P<most>\d+) s",
        "the worker's stopTimeout ({stop} s) is shorter than a long poll and the longest job"
        " ({most} s), so that a deployment kills jobs",
    ),
    rule(
        r"the queue (?P<name>\S+) has no redrive policy",
        "the queue {name} has no dead-letter queue: a job that kills its workers comes back for"
        " days",
    ),
    rule(
        r"the queue has no long poll",
        "the queue's ReceiveMessageWaitTimeSeconds is 0",
    ),
    rule(
        r"of \d+ jobs some ran in what is no worker: (?P<tasks>[^\n]*)",
        "something besides the workers takes jobs off the queue: {tasks}; queue:work is started by"
        " another task's command or by the image's entrypoint, or still runs on the old host",
    ),
    rule(
        r"the job ran in task \S+ and the workers are|the job came over the connection",
        "QUEUE_CONNECTION is not sqs in the web task, which runs its jobs itself",
    ),
    rule(
        r"did not finish before its worker stopped|the worker exited with 1\d\d",
        "the worker was killed in the middle of a job: stopTimeout is too short, or the stop signal"
        " does not reach queue:work, for instance since a shell is in between",
    ),
    rule(
        r"the worker \w+ did not stop|Not every service settled on its new tasks[^\n]*worker'\]",
        "the worker does not stop when it is told to: the stop signal does not reach queue:work,"
        " for instance since a shell that started it without exec is in between",
    ),
    rule(
        r"a (?P<kind>\w+) task ended by itself with exit code (?P<code>\d+)",
        "the {kind} task ended by itself with exit code {code}: its log says why; ECS starts"
        " another each time, so that the service looks well",
    ),
    rule(
        r"had its effect [2-9]\d* times|the job in flight ran again",
        "a job was delivered again while it ran: the queue's visibility time-out is too short",
    ),
    rule(
        r"(?:job \S+ (?:was not done|did not begin)|not in failed_jobs|came to the buyer)[^\n]*"
        r"(?=[\s\S]*the queue delays each message by (?P<delay>\d+) s)",
        "the queue delays each message by {delay} s (DelaySeconds), and so each job",
    ),
    rule(
        rf"{_LATE}the worker's command names the connection (?P<name>\S+)",
        'the worker\'s command takes jobs of the connection "{name}", and the web task dispatches'
        " them on sqs",
    ),
    rule(
        rf"{_LATE}the worker sleeps for (?P<sleep>\d+) s when",
        "queue:work's --sleep is {sleep}: a job that comes after an empty poll waits for as long",
    ),
    rule(
        r"timeout=0: a job that hangs holds its worker",
        "queue:work's --timeout is 0: no job is ever given up, and the queue hands it out again",
    ),
    rule(
        rf"{_LATE}the worker rests for (?P<rest>\d+) s after",
        "queue:work's --rest is {rest}: each worker does nothing for that long after every job",
    ),
    rule(
        rf"{_LATE}the worker runs queue:listen",
        "the worker runs queue:listen, which starts PHP anew for each job and does not stop"
        " gracefully: use queue:work",
    ),
    rule(
        r"(?:job \S+ (?:was not done|did not begin)|not in failed_jobs)[^\n]*'runs': \[\]",
        "no worker took the job: none runs, or SQS_PREFIX or SQS_QUEUE differ between web and"
        " worker",
    ),
    rule(
        r"job \S+ was not done[^\n]*'outcome': None",
        "a worker died in the middle of the job, which stays hidden until the visibility time-out"
        " has passed",
    ),
    rule(
        r"two ticks came within[^\n]*\n(?:[^\n]*\n)?[^\n]*the rule: [^\n]*, (?P<count>[2-9]|\d\d+)"
        r" tasks a tick",
        "each tick starts {count} tasks: TaskCount of the rule's target must be 1",
    ),
    rule(
        r"no tick came for \d+ s[\s\S]*?the rule: [^\n]*, DISABLED",
        "the rule is disabled: its State must be ENABLED",
    ),
    rule(
        r"the rule ticks by (?P<said>[^\n]*?), and not each minute",
        "the rule's schedule is {said}: Laravel's scheduler must run every minute",
    ),
    rule(
        r"(?:AssertionError: )?(?P<names>[^\n]+?) runs in the background: its task ends with"
        r" schedule:run",
        "the scheduled {names} runs in the background, and Fargate ends its task with schedule:run:"
        " take runInBackground() away",
    ),
    rule(
        r"schedule:run is run by another than the rule's tasks: a task of service:(?P<name>\S+)",
        "the tasks of {name} run the scheduler too: schedule:work or cron is started by their"
        " command or by the image's entrypoint",
    ),
    rule(
        r"schedule:run is run by another than the rule's tasks: (?P<who>[^\n,]*)",
        "something besides the rule runs the scheduler: {who}; a second rule, or the cron of the"
        " host that the app moves away from",
    ),
    rule(
        r"two ticks came within",
        "the rule starts its task more than once a minute: PutTargets was called again for it, or"
        " another rule runs the same task",
    ),
    rule(
        r"no tick came for (?P<seconds>\d+) s",
        "the rule started no task for {seconds} s: it is disabled, or its role may not run the"
        " task",
    ),
    rule(
        r"(?P<name>[\w-]+) ran [2-9]\d* times in \S+Z",
        "{name} ran in more than one task: CACHE_STORE is not shared by the scheduler's tasks, or"
        " the command lacks onOneServer()",
    ),
    rule(
        r"(?P<name>[\w-]+) ran 0 times in \S+Z",
        "{name} was not due or not let through in a minute that had a tick: its schedule is not"
        " every minute, environments() leaves this one out, or a lock of an earlier run is still"
        " held",
    ),
    rule(
        r"ran schedule:run 0 times",
        "the rule's task does not run schedule:run: its Input names another command, or the task"
        " has no CUTOVER_PROBE_KEY",
    ),
    rule(
        r"a tick took \d+ s until schedule:run began",
        "the scheduler's task starts so late that schedule:run is evaluated for a later minute",
    ),
)
