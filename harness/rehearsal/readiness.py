"""Readiness beyond the states that ECS and the load balancer show.

A visitor is answered by a task, a queue worker asks its queue for jobs, and a tick of the rule
would start a task. Where that works, it is known at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from harness.core.errors import ProvisionError
from harness.core.wait import Deadline, DeadlinePassed, NotYet, Ready, wait_until
from harness.diagnosis.causes import find_cause
from harness.diagnosis.evidence import Line, evidence_of
from harness.diagnosis.patterns.pattern import Source
from harness.stack.components import control
from harness.target.clients import aws, emulator, http
from harness.target.resources import secret_references
from harness.target.resources.queue_worker import queue_command

if TYPE_CHECKING:
    from harness.aws.task_definition import ContainerDefinition
    from harness.inputs.files.ecs_services import Service
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.production import Production
    from harness.target.access import Access

_ANSWERED_WITHIN_S = 30.0
_TIMEOUT_S = 10.0
_SQS = "sqs"
_SCHEDULER = "scheduler"


def await_answer(
    access: Access,
    *,
    check: Callable[[], None],
    failure: Callable[..., ProvisionError],
) -> None:
    """Wait until a task answers a visitor; any answer that is not the load balancer's own counts.

    Args:
        access: The stack.
        check: Raises when waiting is pointless.
        failure: Makes the error of the web service, with the cause that its tasks' logs speak for.

    Raises:
        ProvisionError: None does.
    """
    import requests

    status, by_rule, page = 0, "", access.public_url + access.pages.public

    def probe() -> Ready | NotYet:
        nonlocal status, by_rule
        try:
            answer = session.get(page, timeout=_TIMEOUT_S, allow_redirects=False)
        except requests.RequestException as error:
            return NotYet(str(error))
        if not http.is_load_balancers_own(answer):
            return Ready()
        status, by_rule = answer.status_code, http.rule_cause(answer)
        return NotYet(f"the load balancer itself answers {status}")

    deadline = Deadline(_ANSWERED_WITHIN_S)
    with http.web(access) as session:
        try:
            wait_until(probe, deadline=deadline, interval_s=0.1, alive=check)
        except DeadlinePassed as error:
            raise failure(
                "answers no visitor",
                state=f"after {deadline.elapsed_s:.0f} s: {error.reason}",
                symptom=by_rule or http.GATEWAY_CAUSES.get(status, ""),
            ) from error
    _require_sessions_of_their_own(access, page)


def _require_sessions_of_their_own(access: Access, page: str) -> None:
    """Require that new visitors get pages of their own: with others' no scenario says the truth.

    Raises:
        ProvisionError: Several got the same session.
    """
    import requests

    with ExitStack() as sessions:
        try:
            shared = http.shared_cookies(lambda: sessions.enter_context(http.web(access)), page)
        except requests.RequestException:
            return
    if shared:
        raise ProvisionError(
            http.SHARED_PAGES,
            last_answer=f"several new visitors of {page} got the same {', '.join(shared)}",
            where=access.run_dir,
            hint="correct the cause, then run it again",
        )


def require_scheduled_run(access: Access, schedule: Schedule) -> None:
    """Require that a tick of the rule would start a task; nothing is started for it.

    Raises:
        ProvisionError: AWS would refuse to.
    """
    refusal = control.scheduled_run_refusal(access.control, rule=schedule.name)
    if not refusal:
        return
    secrets = secret_references.read(
        schedule.definition.raw, client=aws.aws(access, "secretsmanager"), group=_SCHEDULER
    )
    cause = find_cause(
        evidence_of(
            [
                *secrets,
                Line(refusal, Source.STOPPED_REASON, subject=f"the {_SCHEDULER} task"),
                Line(refusal, Source.TICK, subject=schedule.name),
            ]
        )
    )
    raise ProvisionError(
        cause.sentence if cause else f"the rule {schedule.name} would start no task",
        last_answer=refusal,
        where=access.run_dir,
        hint="correct the cause, then run it again",
    )


def tasks_at_work(access: Access) -> set[str]:
    """Return the ids of the tasks that have asked a queue of SQS for messages, as far as known."""
    import requests

    try:
        receivers = emulator.receivers(access.emulator)
    except requests.RequestException:
        return set()
    return {task for tasks in receivers.values() for task in tasks}


def must_ask_for_jobs(production: Production, name: str) -> bool:
    """Whether each task of a service is there to take jobs from SQS.

    That is said by a command of queue:work on SQS; or it has lost its command and has the name.
    """
    if "queue" not in production.resource_names or name == production.web:
        return False
    service = production.services[name]
    return any(map(_works_on_sqs, service.definition.containers)) or bool(
        lost_command(production, name)
    )


def lost_command(production: Production, name: str) -> str:
    """Return the cause when the worker runs the image's own command, as the web task does."""
    service, web = production.services[name], production.services[production.web]
    if name != production.worker or not (_commands_nothing(service) and _commands_nothing(web)):
        return ""
    if not any(
        _connection(container.environment) == _SQS for container in service.definition.containers
    ):
        return ""
    return (
        f"the task definition {service.definition.family} has no command: its container runs the"
        ' image\'s own, as the web task does; write "command": ["php", "artisan", "queue:work"]'
    )


def _commands_nothing(service: Service) -> bool:
    return not any(
        container.raw.get("command") or container.raw.get("entryPoint")
        for container in service.definition.containers
    )


def _works_on_sqs(container: ContainerDefinition) -> bool:
    command = queue_command(container.words)
    return (
        command is not None and (command.connection or _connection(container.environment)) == _SQS
    )


def _connection(environment: Mapping[str, Any]) -> str:
    return str(environment.get("QUEUE_CONNECTION") or "")
