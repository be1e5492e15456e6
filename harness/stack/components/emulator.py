"""The container that emulates the AWS APIs that the app calls.

Which emulator runs is known to `harness/target/clients/emulator.py`. Being ready includes one call
of nearly every service, since the first call of each is slow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.aws import ses_smtp
from harness.core.wait import NotYet, Ready
from harness.stack.component import Addresses, Component
from harness.stack.components import mysql
from harness.standins.contract import SMTP_ACCOUNT, SMTP_DIRECTORY, SMTP_HOST, SMTP_REGION
from harness.target.clients import emulator, http

if TYPE_CHECKING:
    import requests

NETWORKS = ("operator", "aws")
"""Roles of its networks; ports are published on the first."""
PORT = emulator.PORT
NAME = "emulator"
_TIMEOUT_S = 10
_MIB = 1024**2
_MEMORY_MIB = 1024
"""It keeps every mail: eight of 6 MB ended it at 640 MiB, beside another rehearsal."""


@dataclass(frozen=True)
class FirstCall:
    """The cheapest call of a service, as it goes over the wire."""

    target: str = ""
    """X-Amz-Target of a service that speaks JSON."""
    action: str = ""
    """Action of a service that speaks the query protocol."""
    version: str = ""
    path: str = ""
    """Path of a read of a service that speaks REST."""

    def send(self, session: requests.Session, url: str, *, headers: Mapping[str, str]) -> str:
        """Make the call; return the fault of the answer, or nothing."""
        if self.target:
            kind = {"X-Amz-Target": self.target, "Content-Type": "application/x-amz-json-1.1"}
            answer = session.post(url, data="{}", headers={**headers, **kind}, timeout=_TIMEOUT_S)
        elif self.action:
            form = {"Action": self.action, "Version": self.version}
            answer = session.post(url, data=form, headers=headers, timeout=_TIMEOUT_S)
        else:
            answer = session.get(f"{url}{self.path}", headers=headers, timeout=_TIMEOUT_S)
        return "" if answer.ok else f"HTTP {answer.status_code}: {answer.text[:200]}"


SERVICES: Mapping[str, FirstCall] = {
    "secretsmanager": FirstCall(target="secretsmanager.ListSecrets"),
    "iam": FirstCall(action="ListRoles", version="2010-05-08"),
    "sts": FirstCall(action="GetCallerIdentity", version="2011-06-15"),
    "s3": FirstCall(),
    "sqs": FirstCall(target="AmazonSQS.ListQueues"),
    "sns": FirstCall(action="ListTopics", version="2010-03-31"),
    "ses": FirstCall(action="ListIdentities", version="2010-12-01"),
    "events": FirstCall(target="AWSEvents.ListRules"),
    "scheduler": FirstCall(path="schedule-groups"),
    "kms": FirstCall(target="TrentService.ListKeys"),
    "logs": FirstCall(target="Logs_20140328.DescribeLogGroups"),
}
ON_DEMAND = ("ssm",)
"""Services that few apps call: their first call takes a second, for which no other app waits."""


@dataclass(frozen=True)
class Smtp:
    """The SMTP endpoint of SES that the app uses."""

    host: str
    account_id: str
    certificate: tuple[str, str]
    """Certificate and key, both PEM."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the container."""
        region = ses_smtp.region_of(self.host)
        return {SMTP_HOST: self.host, SMTP_REGION: region, SMTP_ACCOUNT: self.account_id}


def component(smtp: Smtp | None = None) -> Component:
    """Describe the container.

    Args:
        smtp: The endpoint that it is by SMTP, too; None where the app uses none.
    """
    variables = emulator.container_environment((*SERVICES, *ON_DEMAND), host=NAME)
    aliases = (smtp.host,) if smtp else ()
    return Component(
        name=NAME,
        image=NAME,
        networks={**dict.fromkeys(NETWORKS, ()), "aws": aliases},
        environment={**variables, **(smtp.environment if smtp else {})},
        files=mysql.key_files(SMTP_DIRECTORY, smtp.certificate) if smtp else {},
        published=(PORT,),
        memory_bytes=_MEMORY_MIB * _MIB,
        pids_limit=256,
    )


def probe(addresses: Addresses, *, account_id: str, region: str) -> Ready | NotYet:
    """Ask for health, then call each of SERVICES once, as an account of ours."""
    import requests

    url = f"http://{addresses[PORT]}"
    with http.isolated() as session:
        try:
            health = session.get(f"{url}{emulator.HEALTH}", timeout=_TIMEOUT_S)
            if not health.ok:
                return NotYet(f"{emulator.HEALTH}: HTTP {health.status_code}")
            for name, call in SERVICES.items():
                headers = _signed_for(name, account_id=account_id, region=region)
                wrong = call.send(session, f"{url}/", headers=headers)
                if wrong:
                    return NotYet(f"{name}: {wrong}")
        except requests.RequestException as error:
            return NotYet(str(error))
    return Ready()


def _signed_for(service: str, *, account_id: str, region: str) -> dict[str, str]:
    """Name service, region and account; the emulator reads these and checks no signature here."""
    scope = f"{account_id}/20260101/{region}/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "X-Amz-Date": "20260101T000000Z",
    }
