"""Puts AWS's refusals into LocalStack's gateway: after a call is read, before it is carried out.

Runs in the emulator's own process, with its modules; nothing else imports this. The keys that are
known are those that STS gave, and 12-digit account ids, which stand for the account's owner: the
harness itself. A role that nobody created in IAM may do everything: `control` refuses its task.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from localstack.aws import handlers  # type: ignore[import-not-found]
from localstack.aws.api import CommonServiceException  # type: ignore[import-not-found]
from localstack.aws.connect import connect_to  # type: ignore[import-not-found]
from localstack.aws.handlers.region import (  # type: ignore[import-not-found]
    DefaultRegionRewriterStrategy,
)
from localstack.services.edge import ROUTER  # type: ignore[import-not-found]
from localstack.services.s3.models import s3_stores  # type: ignore[import-not-found]
from localstack.services.secretsmanager.provider import (  # type: ignore[import-not-found]
    SecretsmanagerProvider,
)
from localstack.services.ses.provider import (  # type: ignore[import-not-found]
    EMAILS,
    SNSEmitter,
)
from localstack.services.sqs.models import sqs_stores  # type: ignore[import-not-found]
from moto.iam.models import iam_backends  # type: ignore[import-not-found]
from moto.ses.models import SESBackend, ses_backends  # type: ignore[import-not-found]
from moto.sts.models import sts_backends  # type: ignore[import-not-found]
from werkzeug.wrappers import Request  # type: ignore[import-not-found]

from harness.aws.iam_policy import ANY, Caller, Need, applicable_deny, denial, unmet_allow
from harness.standins.contract import (
    MAIL_EVENTS_SET,
    MAILS_PATH,
    RECEIVERS_PATH,
    REFUSED_CALLS_PATH,
    RefusedCall,
)
from harness.standins.emulator import mails, refusals
from harness.standins.emulator.calls import OF_A_VISITOR, Call, bucket_listing, needs
from harness.standins.emulator.mail_events import mail_event
from harness.standins.emulator.refusals import Refusal

log = logging.getLogger("localstack.harness")

_ACCOUNT = re.compile(r"\d{12}")
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
_SECRET_NAME = re.compile(r"(?:[a-z-]+!)?[A-Za-z0-9/_+=.@-]+")
_OBJECT_READS = ("GetObject", "HeadObject")
_receivers: defaultdict[str, set[str]] = defaultdict(set)
"""Name of a queue to the ids of the tasks that have asked it for messages."""
_refused: deque[RefusedCall] = deque(maxlen=200)
_send_raw_email = SESBackend.send_raw_email


@dataclass(frozen=True)
class Session:
    """A role that somebody has assumed."""

    arn: str
    role_arn: str
    account: str
    partition: str
    region: str
    """The region that it calls."""

    def documents(self) -> list[Mapping[str, Any]] | None:
        """Return the policies of the role, or None when there is no such role."""
        name = self.role_arn.rpartition("/")[2]
        roles = iam_backends[self.account][self.partition].roles.values()
        role = next((candidate for candidate in roles if candidate.name == name), None)
        if role is None:
            return None
        texts = [
            *role.policies.values(),
            *(policy.document for policy in role.managed_policies.values()),
        ]
        return [json.loads(text) for text in texts]

    def denial(self, need: Need, *, attached: Mapping[str, Any]) -> str:
        """Return why the policies of role and resource do not allow a call; nothing if they do."""
        documents = self.documents()
        if documents is None:
            return ""
        return denial(documents, self._whole(need), attached=attached, caller=self._caller())

    def deny(self, need: Need, *, attached: Mapping[str, Any]) -> str:
        """Return the Deny that a call meets, by its Sid and condition; nothing if there is none."""
        documents = self.documents() or []
        return applicable_deny(
            documents, self._whole(need), attached=attached, caller=self._caller()
        )

    def unmet(self, need: Need) -> str:
        """Return the Allow of the role that has a condition which the call does not meet."""
        return unmet_allow(self.documents() or [], self._whole(need))

    def _caller(self) -> Caller:
        return Caller(self.arn, self.role_arn)

    def _whole(self, need: Need) -> Need:
        context = {
            "aws:principalarn": (self.role_arn,),
            "aws:principalaccount": (self.account,),
            "aws:securetransport": ("true",),
            "aws:requestedregion": (self.region,),
            "aws:resourceaccount": (self.account,),
            "s3:resourceaccount": (self.account,),
        }
        return Need(need.action, need.resource, {**context, **need.context})


def install() -> None:
    """Add the handlers to the gateway that is about to start.

    The emulator would take a region of another partition than ``aws`` for us-east-1, the name of a
    secret that another service keeps, such as RDS, for none, no mail of more than 500 kB, and no
    receipt rule, since it looks for buckets where it has none.
    """
    Request.max_form_memory_size = None
    DefaultRegionRewriterStrategy.apply = _keep_region
    SecretsmanagerProvider._validate_secret_id = staticmethod(_is_secret_name)  # noqa: SLF001
    handlers.serve_custom_service_request_handlers.append(judge)
    handlers.run_custom_response_handlers.append(hide_what_is_missing)
    SNSEmitter.emit_send_event = _publish_send
    SNSEmitter.emit_delivery_event = _publish_delivery
    SESBackend._validate_s3_action = lambda _backend, _action: None  # noqa: SLF001
    SESBackend.send_raw_email = _send_and_receive
    ROUTER.add(RECEIVERS_PATH, receivers)
    ROUTER.add(MAILS_PATH, mails_to)
    ROUTER.add(REFUSED_CALLS_PATH, refused_calls)


def receivers(_request: Any) -> dict[str, list[str]]:
    """Answer with the tasks that have asked for messages, by queue."""
    return {queue: sorted(tasks) for queue, tasks in _receivers.items()}


def mails_to(request: Any) -> list[dict[str, str]]:
    """Answer with the mails to one address; with all of them, large ones would take minutes."""
    return mails.to_address([*EMAILS.values()], request.args.get("to", ""))


def refused_calls(_request: Any) -> list[dict[str, str]]:
    """Answer with the calls of tasks that their roles had no right to."""
    return [asdict(call) for call in _refused]


def _is_secret_name(text: str) -> bool:
    """Return whether a text is a secret's name; one with ``!`` is kept by the service before it.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html
    """
    return bool(_SECRET_NAME.fullmatch(text))


def _keep_region(_strategy: Any, _context: Any) -> None:
    """Leave a call in the region that its client named."""


def judge(_chain: Any, context: Any, _response: Any) -> None:
    """Refuse a call that AWS would refuse.

    Raises:
        CommonServiceException: With AWS's code, message and status.
    """
    call = _call(context)
    if call is None:
        return
    key = _key(context)
    session = _session(key, call)
    is_known = session is not None or bool(_ACCOUNT.fullmatch(key))
    refusal = (
        refusals.of_query(call, context.request.args)
        or refusals.of_caller(call, key=key, is_known=is_known)
        or _elsewhere(call, session)
        or refusals.of_call(call, owner_enforced=_owner_enforced(call), has_set=_has_set(call))
        or _forbidden(call, session, by_link=_is_link(context))
    )
    if refusal is not None:
        log.warning("%s.%s refused: %s", call.service, call.operation, refusal.message)
        raise CommonServiceException(refusal.code, refusal.message, refusal.status, True)
    _use_default_set(context, call)
    _note_receiver(call, session)


def _use_default_set(context: Any, call: Call) -> None:
    """Give a mail the default configuration set, which the emulator's identities cannot have."""
    is_sent = (call.service, call.operation) == ("ses", "SendRawEmail")
    if is_sent and not call.params.get("ConfigurationSetName") and _has_set(call)(MAIL_EVENTS_SET):
        context.service_request["ConfigurationSetName"] = MAIL_EVENTS_SET


def _publish_send(emitter: Any, payload: Any, topic: str, **_: Any) -> None:
    _publish("Send", emitter, payload, topic)


def _publish_delivery(emitter: Any, payload: Any, topic: str) -> None:
    _publish("Delivery", emitter, payload, topic)


def _publish(event_type: str, emitter: Any, payload: Any, topic: str) -> None:
    """Publish an event with all that SES tells; the emulator's own lacks headers and role."""
    call = _call(emitter.context)
    if call is None:
        return
    session = _session(_key(emitter.context), call)
    event = mail_event(
        event_type,
        call,
        message_id=payload.message_id,
        role=session.role_arn.rpartition("/")[2] if session else "",
        now=datetime.now(UTC),
    )
    client = emitter._client_for_topic(topic)  # noqa: SLF001
    client.publish(
        TopicArn=topic,
        Subject="Amazon SES Email Event Notification",
        Message=json.dumps(event),
    )


def _send_and_receive(backend: Any, source: Any, destinations: Any, raw: str) -> Any:
    """Send a mail, and let the receipt rules of the active set keep it in their buckets."""
    sent, region = _send_raw_email(backend, source, destinations, raw), backend.region_name
    active = backend.describe_active_receipt_rule_set()
    rules = active.rules if active else ()
    for receipt, text in mails.copies(raw, sent=sent.id, region=region, rules=rules):
        s3 = connect_to(aws_access_key_id=backend.account_id, region_name=region).s3
        key = f"{receipt.prefix}{uuid.uuid4().hex}"
        s3.put_object(Bucket=receipt.bucket, Key=key, Body=text.encode())
    return sent


def _note_receiver(call: Call, session: Session | None) -> None:
    """Note a task that asks for messages before they come: a long poll takes its time."""
    if session is None or (call.service, call.operation) != ("sqs", "ReceiveMessage"):
        return
    name = _queue_name(call)
    if name in sqs_stores[call.account][call.region].queues:
        # A task's session has its id as its name.
        _receivers[name].add(session.arn.rpartition("/")[2])


def hide_what_is_missing(_chain: Any, context: Any, response: Any) -> None:
    """Answer 403 for a missing object where the role may not list the bucket, as S3 does.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions".
    """
    call = _call(context)
    if call is None or call.service != "s3" or call.operation not in _OBJECT_READS:
        return
    session = _session(_key(context), call)
    if response.status_code != 404 or session is None:
        return
    if session.denial(bucket_listing(call), attached=_attached(call)):
        response.status_code = 403
        if call.operation == "GetObject":
            response.set_data(
                "<?xml version='1.0' encoding='utf-8'?>\n"
                "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            )


def _call(context: Any) -> Call | None:
    """Return the call of a context; None where no client made it."""
    if not context.service or not context.operation or context.is_internal_call:
        return None
    return Call(
        service=context.service.service_name,
        operation=context.operation.name,
        account=context.account_id,
        region=context.region,
        params=context.service_request or {},
    )


def _key(context: Any) -> str:
    """Return the access key id that a request is signed with; empty when it is not signed."""
    query = context.request.args
    key_id = query.get("X-Amz-Credential", "").partition("/")[0] or query.get("AWSAccessKeyId", "")
    if key_id:
        return str(key_id)
    match = _CREDENTIAL.search(context.request.headers.get("Authorization", ""))
    # The gateway signs in the name of who has not signed.
    return match[1] if match and match[1] != "injectedaccesskey" else ""


def _session(key: str, call: Call) -> Session | None:
    backend = sts_backends[call.account][call.partition]
    role = backend.get_assumed_role_from_access_key(key)
    if not role:
        return None
    return Session(role.arn, role.role_arn, call.account, call.partition, call.region)


def _elsewhere(call: Call, session: Session | None) -> Refusal | None:
    """Refuse a role that looks for a bucket in another region; the harness knows where it is."""
    bucket = _bucket(call) if session else None
    return refusals.of_region(call, bucket_region=bucket.bucket_region) if bucket else None


def _is_link(context: Any) -> bool:
    """Return whether a request is signed in its address, as links for visitors are."""
    return "X-Amz-Signature" in context.request.args


def _forbidden(call: Call, session: Session | None, *, by_link: bool) -> Refusal | None:
    if session is None:
        return None
    context = OF_A_VISITOR if by_link else {}
    for right in needs(call, identity=_identity(call), key=_encryption_key(call)):
        need = replace(right, context={**context, **right.context})
        attached = _attached(call)
        if reason := session.denial(need, attached=attached):
            role, _, task = session.arn.partition("/")[2].partition("/")
            at, denied_by = datetime.now(UTC).isoformat(), session.deny(need, attached=attached)
            resource = need.resource or ANY
            unmet = "" if denied_by else session.unmet(need)
            _refused.append(RefusedCall(task, role, need.action, resource, at, denied_by, unmet))
            message = f"User: {session.arn} is not authorized to perform: {need} {reason}"
            return Refusal("AccessDenied", message, 403)
    return None


def _bucket(call: Call) -> Any:
    buckets = s3_stores[call.account][call.region].buckets
    return buckets.get(str(call.params.get("Bucket"))) if call.service == "s3" else None


def _queue_name(call: Call) -> str:
    return str(call.params.get("QueueUrl") or "").rstrip("/").rpartition("/")[2]


def _queue_attributes(call: Call) -> Mapping[str, str]:
    queues = sqs_stores[call.account][call.region].queues
    queue = queues.get(_queue_name(call)) if call.service == "sqs" else None
    return queue.attributes if queue else {}


def _attached(call: Call) -> Mapping[str, Any]:
    """Return the policy of the bucket or the queue that a call is about."""
    bucket = _bucket(call)
    text = bucket.policy if bucket else _queue_attributes(call).get("Policy")
    return json.loads(text) if text else {}


def _encryption_key(call: Call) -> str:
    """Return the key of KMS that a bucket's or a queue's settings name, as they name it."""
    bucket = _bucket(call)
    if bucket is None:
        return str(_queue_attributes(call).get("KmsMasterKeyId") or "")
    rule = (bucket.encryption_rule or {}).get("ApplyServerSideEncryptionByDefault", {})
    return str(call.params.get("SSEKMSKeyId") or rule.get("KMSMasterKeyID") or "")


def _owner_enforced(call: Call) -> Any:
    def ask(_name: str) -> bool:
        bucket = _bucket(call)
        return bucket is not None and bucket.object_ownership == "BucketOwnerEnforced"

    return ask


def _has_set(call: Call) -> Any:
    return lambda name: name in ses_backends[call.account][call.region].config_sets


def _identity(call: Call) -> Any:
    """Find the identity that stands for an address: itself if it was verified, or its domain."""

    def ask(address: str) -> str:
        verified = ses_backends[call.account][call.region].email_identities
        domain = address.rpartition("@")[2]
        return next((identity for identity in (address, domain) if identity in verified), "")

    return ask
