"""Errors of the app reach the log of its task, and secrets do not."""

from __future__ import annotations

import json
import re
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import SettingCause, expect
from harness.images.inspect import fpm_config, nginx_config
from harness.report import not_covered, proved
from scenarios.jobs import late_cause
from scenarios.laravel import LOG_STREAMS, Laravel
from scenarios.named_resources import IN_A_FILE
from scenarios.shared_files import is_shared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.job_queue import Jobs
    from harness.target.resources.schedule import Run, Scheduler
    from harness.target.resources.task_logs import LogReader
    from harness.target.resources.web_tier import WebTier

EMERGENCY = re.compile(
    r"Unable to create configured logger\. Using emergency logger\."
    r"(?:[^\n]*?(?:Exception|Error)\(code: \d+\): "
    r'(?P<why>(?:(?! at /|, called in /|(?<!\\)")[^\n]){1,200}))?'
)
"""Laravel's words: Illuminate\\Log\\LogManager::get()."""

STACK_TRACE = 3_000
"""Characters of an error with the shortest stack trace that Laravel's requests have."""
APPEND = 'for file; do [ ! -e "$file" ] || echo "$0" >> "$file"; done'
"""A shell's script that adds its name to those files that exist: a new one would be root's."""
KEPT_BY_FPM = (
    "PHP-FPM keeps the lines that its workers write to stderr: set catch_workers_output = yes in"
    " its pool"
)
FPM_RUNS = r"grep -Eaqs 'php-fpm: master process \((/usr/local)?/etc/' /proc/[0-9]*/cmdline"
FPM_OUTPUT = r"""
foreach (glob('/proc/[0-9]*/cmdline') as $cmdline) {
    if (str_starts_with((string) @file_get_contents($cmdline), 'php-fpm: master process')) {
        $process = dirname($cmdline);
        // No other user may look at its output, not even root.
        posix_setgid(filegroup($process)) && posix_setuid(fileowner($process));
        echo @readlink("$process/fd/2");
        break;
    }
}
"""
"""Prints where PHP-FPM's master writes: its error_log, or stderr with --force-stderr."""
OF_WORKERS = {"php://stderr", "/dev/stderr", "/proc/self/fd/2"}
"""Streams that a worker of PHP-FPM has from its master."""
ACCESS_LOG = "access_log"
TO_OUTPUT = {"error_log": "error_log stderr", ACCESS_LOG: "access_log /dev/stdout"}

from_logs = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("logs cannot be seen from outside")
)


def mounts_of(definition: Mapping[str, Any]) -> list[str]:
    """Return the paths of the volumes in the containers of a task definition."""
    return [
        str(mount["containerPath"])
        for container in definition["containerDefinitions"]
        for mount in container.get("mountPoints") or ()
    ]


@pytest.fixture
def lost_log_cause(task_definitions: dict[str, dict[str, Any]]) -> Callable[[str], str]:
    """Return why a type of task may not log to its container's output."""

    def cause(kind: str) -> str:
        settings = ", ".join(
            f"{entry['name']}={entry['value']}"
            for container in task_definitions[kind]["containerDefinitions"]
            for entry in container.get("environment", ())
            if entry["name"].startswith("LOG_")
        )
        return (
            f"the {kind}'s log does not reach the output of its container: its task definition"
            f" says {settings or 'nothing of LOG_CHANNEL'}"
        )

    return cause


def channel_cause(channel: str, level: str) -> str:
    """Return why an error that a web task logged to a channel is not in the task's log."""
    if level in ("critical", "alert", "emergency"):
        return SettingCause(
            "LOG_LEVEL", f"LOG_LEVEL is {level}, so that no error of the app is logged"
        )
    if channel == "stderr":
        return KEPT_BY_FPM
    return SettingCause(
        "LOG_CHANNEL",
        f'LOG_CHANNEL is "{channel}", which does not reach the output of the container: set stderr',
    )


@from_logs
@pytest.mark.requires("http", "probe", "ecs", "logs")
@pytest.mark.mutates
def test_error_of_the_app_reaches_its_task_log(
    probe: ProbeClient, task_logs: LogReader, eventually: Callable[..., Any], access: Access
) -> None:
    marker = f"cutover-{secrets.token_hex(6)}"
    logged = probe.log(marker, size=STACK_TRACE)
    channel, level = logged["channel"], logged["level"]
    eventually(
        lambda: marker in task_logs.log_of(logged["task"]),
        until=bool,
        what=f"an error that the app logged to the channel {channel!r} of level {level!r} is not in"
        " its task's log",
        cause=channel_cause(channel, level),
    )
    log = task_logs.log_of(logged["task"])
    expect_own_log(access.web, log)
    expect_whole_line(log, marker)


@from_logs
@pytest.mark.requires("http", "code", "ecs", "elb", "exec", "logs")
@pytest.mark.mutates
def test_log_of_the_app_is_in_no_file(
    configuration: dict[str, Any],
    access: Access,
    web_tier: WebTier,
    run_in_task: Callable[..., ExecResult],
    task_logs: LogReader,
    eventually: Callable[..., Any],
) -> None:
    channels = configuration["resources"]["channel"]
    name = configuration["defaults"]["channel"]
    files = files_of_channel(name, channels) or []
    if not files or any(is_shared(path, access.shared_paths) for path in files):
        return
    # A link or `tail -f` may lead from the file to the container's output.
    task, marker = min(web_tier.running()), f"cutover-{secrets.token_hex(6)}"
    answer = run_in_task(["sh", "-c", APPEND, marker, *files], task=task)
    eventually(
        lambda: marker in answer.stdout + answer.stderr + task_logs.log_of(task),
        until=bool,
        what=f"the log channel {name!r} writes into {', '.join(files)} alone",
        cause=SettingCause(
            "LOG_CHANNEL",
            f'LOG_CHANNEL is "{name}", which writes into {", ".join(files)}, a file of the task:'
            " its lines reach no output of the container, and end with it: set stderr, in"
            " LOG_STACK where the channel is a stack",
        ),
        certain=True,
    )


@from_logs
@pytest.mark.requires("ecs", "elb", "exec", "logs")
@pytest.mark.mutates
def test_log_of_the_app_gets_out_of_php_fpm(
    run_in_task: Callable[..., ExecResult],
    web_tier: WebTier,
    task_logs: LogReader,
    eventually: Callable[..., Any],
) -> None:
    task, marker = min(web_tier.running()), f"cutover-{secrets.token_hex(6)}"
    files = run_in_task(["sh", "-c", f"{FPM_RUNS} && {fpm_config.PRINT_FILES}"], task=task).stdout
    pools = [pool for pool in fpm_config.pools(files) if pool.children]
    if not pools:
        pytest.skip("not covered: no PHP-FPM runs in the web task with its files below /etc")
    streams = Laravel(run_in_task).ask_or_skip(LOG_STREAMS, task=task)["streams"]
    if not OF_WORKERS.issuperset(streams):
        return
    names = ", ".join(pool.name for pool in pools if not pool.passes_on)
    expect(not names, f"the pool {names} passes nothing on", cause=KEPT_BY_FPM, certain=True)
    output = run_in_task(["php", "-r", FPM_OUTPUT], task=task).stdout
    path = output or fpm_config.error_log(files)
    if not path.startswith("/") or run_in_task(["test", "-f", path], task=task).exit_code:
        return  # an output, or a link to one
    answer = run_in_task(["sh", "-c", APPEND, marker, path], task=task)
    eventually(
        lambda: marker in answer.stdout + answer.stderr + task_logs.log_of(task),
        until=bool,
        what=f"PHP-FPM has the error_log {path}",
        cause=f"PHP-FPM's error_log is {path}, a file of the task: the lines that its workers write"
        " to stderr, the app's log among them, reach no output of the container and end with it:"
        " write error_log = /proc/self/fd/2",
        certain=True,
    )


def files_of_channel(name: str, channels: Mapping[str, Mapping[str, Any]]) -> list[str] | None:
    """Return the files that a log channel writes into; none where it may write elsewhere, too."""
    fields = channels.get(name, {})
    if fields.get("driver") == "stack" and isinstance(fields.get("channels"), list):
        groups = [
            files_of_channel(
                str(channel).strip(), {key: channels[key] for key in channels if key != name}
            )
            for channel in fields["channels"]
        ]
        return None if None in groups else [path for group in groups for path in group or ()]
    path = str(fields.get("path", ""))
    is_file = fields.get("driver") in IN_A_FILE and path.startswith("/")
    return [path] if is_file and not path.startswith(("/dev/", "/proc/")) else None


def expect_whole_line(log: str, marker: str) -> None:
    """Check that an error in JSON is one line: in pieces no query of CloudWatch Logs reads it."""
    first = next(line for line in log.splitlines() if marker in line)
    expect(
        not first.startswith("{") or is_json(first),
        f"an error of {STACK_TRACE} characters is in pieces, the first of {len(first)}",
        cause="PHP-FPM cuts the app's JSON lines into pieces, which CloudWatch Logs keeps apart:"
        " set log_limit in its [global] section above the longest, such as 65536; its default is"
        " 1024",
        certain=True,
    )


def is_json(text: str) -> bool:
    """Whether a line is a whole object."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def expect_own_log(kind: str, log: str) -> None:
    """Check that a task logs as the app is set up to, and not to Laravel's emergency log."""
    match = EMERGENCY.search(log)
    why = f": {match['why']}" if match and match["why"] else ""
    expect(
        match is None,
        f"the {kind} task logs to Laravel's emergency log{why}",
        cause=SettingCause(
            "LOG_CHANNEL",
            f"Laravel cannot make the log channel of the {kind} task, and logs to its emergency"
            f" log alone{why}: LOG_CHANNEL, LOG_LEVEL, LOG_STDERR_FORMATTER, or config/logging.php",
        ),
        certain=True,
    )


@from_logs
@pytest.mark.requires("http", "probe", "ecs", "jobs", "logs")
@pytest.mark.mutates
def test_error_of_a_job_reaches_the_worker_log(
    jobs: Jobs,
    task_logs: LogReader,
    eventually: Callable[..., Any],
    lost_log_cause: Callable[[str], str],
    access: Access,
    job_timeout_s: float,
) -> None:
    job = jobs.dispatch(fail_times=1, backoff_s=[0])
    (run, *_) = eventually(
        lambda: jobs.state_of(job)["runs"],
        until=lambda runs: any(run["outcome"] for run in runs),
        what=f"job {job} did not run",
        within_s=job_timeout_s,
        cause=lambda _: late_cause(jobs.state_of(job)),
    )
    eventually(
        lambda: f"job {job} was told to fail" in task_logs.log_of(run["task"]),
        until=bool,
        what="an error in the worker is not in its task's log",
        cause=lost_log_cause(access.worker),
    )
    expect_own_log(access.worker, task_logs.log_of(run["task"]))


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_errors_of_php_itself_are_in_no_file(probe: ProbeClient) -> None:
    facts = probe.facts()
    path = facts.get("error_log_file")
    expect(
        not path,
        f"PHP in task {facts['task']} logs its own errors into {path}",
        cause=f"PHP's error_log is {path}, a file of the task: errors that Laravel does not handle"
        " reach no log of the container and end with it: set error_log to /dev/stderr",
        certain=True,
    )


@pytest.mark.truth(
    local=proved,
    aws=not_covered("no command can be run in a task there yet"),
    url=not_covered("logs cannot be seen from outside"),
)
@pytest.mark.requires("ecs", "elb", "exec")
@pytest.mark.read_only
def test_logs_of_nginx_are_in_no_file(
    nginx_configuration: str,
    run_in_task: Callable[..., ExecResult],
    access: Access,
    web_tier: WebTier,
) -> None:
    for directive, path in nginx_config.logs(nginx_configuration):
        if is_shared(path, mounts_of(web_tier.definition())):
            continue  # another container of the task may send it
        written = run_in_task(["test", "-s", path], container=access.web_container)
        if directive == ACCESS_LOG and written.exit_code:
            continue  # a server or a location has another one
        # Images of nginx have the file as a link to the output of the container.
        link = run_in_task(["readlink", "-f", path], container=access.web_container)
        target = link.stdout.strip() or path
        expect(
            target.startswith(("/dev/", "/proc/")),
            f"nginx has the {directive} {path}",
            cause=f"nginx's {directive} is {path}, a file of the task: its lines reach no log of"
            f" the container, fill the task's disk and end with it: write {TO_OUTPUT[directive]}",
            certain=True,
        )


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http", "code")
@pytest.mark.read_only
def test_output_of_scheduled_commands_is_in_no_file(
    scheduled_entries: list[dict[str, Any]],
) -> None:
    for entry in scheduled_entries:
        path = entry.get("output_file")
        expect(
            not path,
            f"{entry['name']} writes its output into {path}",
            cause=f"the scheduled {entry['name']} writes its output into {path}, which ends with"
            " the scheduler's task when the command does: send it to /dev/stdout",
            certain=True,
        )


@from_logs
@pytest.mark.requires("probe", "ecs", "schedule", "logs")
@pytest.mark.mutates
def test_error_of_a_command_reaches_the_scheduler_log(
    scheduler: Scheduler,
    task_logs: LogReader,
    until_stopped: Callable[[str], Run],
    eventually: Callable[..., Any],
    lost_log_cause: Callable[[str], str],
) -> None:
    marker = f"cutover-{secrets.token_hex(6)}"
    task = scheduler.start(command=["php", "artisan", "cutover-probe:log", marker])
    run = until_stopped(task)
    assert run.exit_code == 0, f"the scheduler's task cannot run artisan: {run}"
    eventually(
        lambda: marker in task_logs.log_of(task),
        until=bool,
        what="an error in the scheduler is not in its task's log",
        cause=lost_log_cause("scheduler"),
    )


@from_logs
@pytest.mark.requires("ecs", "logs", "secrets")
@pytest.mark.read_only(runs_last=True)
def test_no_secret_is_in_the_log_of_a_task(
    task_logs: LogReader, secret_texts: dict[str, str]
) -> None:
    for container, log in task_logs.logs():
        leaks = [name for name, value in secret_texts.items() if value in log]
        assert not leaks, f"{container} writes secrets into its log: {', '.join(leaks)}"
