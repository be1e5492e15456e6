"""Where scenarios run: a target is addresses, capabilities and differences, all of it data.

There is no class per target and no method that one of them must refuse: local has every capability,
aws lacks what only an owner of the machines has, and url has HTTPS and the probe. Scenarios ask for
capabilities, and read differences from `Differences`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.target.access import Access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.core.redact import Secret

LOCAL = "local"
AWS = "aws"
URL = "url"
NAMES = (LOCAL, AWS, URL)
HTTP = "http"
HTTP_PLAIN = "http_plain"
PROBE = "probe"
CODE = "code"
ECS = "ecs"
ELB = "elb"
EXEC = "exec"
SECRETS = "secrets"
DB_ACCOUNT = "db_account"
JSON_KEY = "json_key"
IAM = "iam"
CONTAINERS = "containers"
LOGS = "logs"
SQL = "sql"
PROXY = "proxy"
STORAGE = "storage"
QUEUE = "queue"
JOBS = "jobs"
MAIL = "mail"
MAIL_BODY = "mail_body"
METRICS = "metrics"
SCHEDULE = "schedule"
SCHEDULES = "schedules"
CACHE = "cache"
CHANGE = "change"
CAPABILITIES: Mapping[str, str] = {
    HTTP: "HTTPS requests to the public host",
    HTTP_PLAIN: "plain HTTP requests to the public host",
    PROBE: "signed requests to the app's probe",
    CODE: "reports on the app's code, schedule and configuration, by the probe or in a local task",
    ECS: "the ECS API of the cluster",
    ELB: "the load balancer's API",
    EXEC: "commands in a running task",
    SECRETS: "Secrets Manager and Parameter Store",
    DB_ACCOUNT: "the secret that holds the database's account",
    JSON_KEY: "a secret of which a web task takes one JSON key",
    IAM: "IAM, to read the roles of the tasks",
    CONTAINERS: "the containers and their networks",
    LOGS: "the logs of the tasks",
    SQL: "a MySQL connection of the harness's own to the proxy and to the server",
    PROXY: "RDS Proxy, between the tasks and the database",
    STORAGE: "S3, with the app's bucket",
    QUEUE: "SQS, with the app's queues and a worker",
    JOBS: "a queue of jobs, on SQS, in the cache or in the database, with a worker",
    MAIL: "the mails that were sent: sender, recipients, headers",
    MAIL_BODY: "the text and the attachments of the mails that were sent",
    METRICS: "CloudWatch, with the metrics of RDS Proxy",
    SCHEDULE: "EventBridge, with the app's rule",
    SCHEDULES: "the rules beside that of Laravel's scheduler",
    CACHE: "Valkey or Redis of ElastiCache",
    CHANGE: "changes that others can see; a scenario marked `mutates` needs it",
}
CAPABILITIES_OF: Mapping[str, frozenset[str]] = {
    LOCAL: frozenset(CAPABILITIES) - {METRICS},
    AWS: frozenset(CAPABILITIES) - {CONTAINERS, SQL},
    URL: frozenset({HTTP, PROBE, CODE, PROXY}),
}
"""Everything that a target can ever have; one run of it may have less."""
OF_APIS = frozenset({ECS, ELB, IAM, METRICS, PROXY, QUEUE, STORAGE})
"""Capabilities by which AWS's APIs answer, whether or not a task of the app does."""

NOT_WHEN_OBSERVED: Mapping[str, str] = {
    CHANGE: "it changes the account, which is only observed",
    EXEC: "it runs commands in tasks, and the account is only observed",
    SECRETS: "it reads secrets, and the account is only observed",
}
"""Capabilities that an account lacks while it is only observed, with the reason."""


_HTTP_PORT = 80


def _admits_http(access: Access) -> bool:
    """Return whether the load balancer's groups admit port 80; without groups they are unknown."""
    openings = [opening for opening in access.openings if opening.destination == "edge"]
    return not openings or any(opening.covers(_HTTP_PORT) for opening in openings)


def _without_jobs(access: Access, has_queue: bool) -> str:
    if not has_queue and access.jobs_on:
        store = {"redis": "the cache"}.get(access.jobs_on, "the database")
        return f"jobs are in {store}, and not in SQS"
    if not has_queue:
        return "no queue is configured; set resources.queues"
    if not access.worker:
        return "no service takes jobs; add the one that runs queue:work to [services]"
    return ""


_NO_PROBE = "no probe is configured; set probe.secret"


def _without_account(access: Access) -> str:
    if "db" in access.secrets:
        return ""
    if ":secretsmanager:" not in access.injected.get("DB_PASSWORD", ":secretsmanager:"):
        return "the database's account is in parameters of SSM, which nothing rotates"
    return "no secret has the database's account as username and password; set database.secret"


def _without_mail(access: Access) -> str:
    has_identity = "identity" in access.resources
    return "" if has_identity else "no mail identity is configured; set resources.identity"


def unconfigured(access: Access) -> Mapping[str, str]:
    """Return the capabilities that no target of an app has, with the key that would give them."""
    has = access.resources
    has_probe = "probe" in access.secrets or bool(access.probe_parameter)
    reasons = {
        PROBE: "" if has_probe else _NO_PROBE,
        # A run of ours has tasks in which the probe's own classes may be run.
        CODE: "" if has_probe or access.run else _NO_PROBE,
        DB_ACCOUNT: _without_account(access),
        JSON_KEY: ""
        if access.keyed_secret
        else "the web task takes no JSON key of a secret of its region (secrets of the definition)",
        PROXY: ""
        if access.proxy_endpoint or not access.cluster_endpoint
        else "no RDS Proxy is configured; set database.proxy_endpoint",
        STORAGE: "" if "bucket" in has else "no bucket is configured; set resources.bucket",
        QUEUE: _without_jobs(access, "queue" in has),
        JOBS: _without_jobs(access, bool(access.jobs_on)),
        MAIL: _without_mail(access),
        MAIL_BODY: _without_mail(access),
        HTTP_PLAIN: "" if _admits_http(access) else "its security groups admit nobody on port 80",
        CACHE: ""
        if access.cache_endpoint or not access.cluster_endpoint
        else "no cache is configured; set cache.file",
        SCHEDULE: "" if "rule" in has else "no schedule is configured; set schedule.rule",
        SCHEDULES: ""
        if access.further_schedules
        else "no further schedule is configured; set schedules.NAME.rule",
    }
    return {capability: reason for capability, reason in reasons.items() if reason}


@dataclass(frozen=True)
class Differences:
    """How one target's answers differ from another's where both are right."""

    eventual_timeout_s: float
    """How long something that was asked for may take to be seen."""
    task_replacement_timeout_s: float
    """How long new tasks may take until they answer in place of the old ones."""
    plaintext_at_proxy: tuple[str, ...]
    """Any of these texts is the proxy's refusal of a connection without TLS."""
    plaintext_at_server: tuple[str, ...]
    """Any of these texts is the server's refusal of a connection without TLS."""
    visitor_address: str = "rehearsal-{tag}@visitor.example"
    """The address of a visitor that a scenario makes up; the tag is its own."""
    poll_interval_s: float = 0.1
    """How long to wait before asking the same question again."""


AS_ON_AWS = Differences(
    eventual_timeout_s=60.0,
    task_replacement_timeout_s=600.0,
    plaintext_at_proxy=("[3159] This RDS Proxy requires TLS connections",),
    plaintext_at_server=("--require_secure_transport=ON",),
    # SES takes mail to its mailbox simulator as sent, and nobody gets it; a label is allowed:
    # https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
    visitor_address="success+{tag}@simulator.amazonses.com",
    poll_interval_s=2.0,
)


AS_LOCAL = Differences(
    eventual_timeout_s=15.0,
    task_replacement_timeout_s=60.0,
    plaintext_at_proxy=("[2026] SSL connection error: SSL is required from client",),
    # An account that REQUIREs SSL is told 1045; the scenario first proves the password right.
    plaintext_at_server=("--require_secure_transport=ON", "1045"),
)


@dataclass(frozen=True)
class Target:
    """A place where scenarios run."""

    name: str
    access: Access
    capabilities: frozenset[str]
    differences: Differences = AS_LOCAL
    probe_key: Secret | None = None
    """Set where the key comes from the configuration, and not from Secrets Manager."""
    unconfigured: Mapping[str, str] = field(default_factory=dict)
    """Capability that the configuration leaves out -> the reason, with the key to set."""

    def lacks(self, capabilities: frozenset[str]) -> tuple[str, ...]:
        """Return the ``capabilities`` that this target does not have, sorted."""
        return tuple(sorted(capabilities - self.capabilities))
