r"""Rules for what Fargate, EventBridge and the load balancer do with a task as it is defined.

The scenarios' own messages are the facts here, as in `harness.cause_rules_seen`.
"""

from __future__ import annotations

from harness.cause_rules import rule

_IN_DEFINITIONS = (
    rule(
        r"the (?P<kind>[\w-]+) task has (?P<name>AWS_ENDPOINT\w*)=(?P<value>\S*), and its host is"
        r" not one of AWS",
        "{name} is {value} in the {kind} task definition, which on AWS leads nowhere: take it out,"
        " the overlay of harness.toml sets it for rehearsals only",
    ),
    rule(
        r"the (?P<kind>[\w-]+) task has AWS_URL=(?P<value>\S*), which no visitor's browser",
        "AWS_URL is {value} in the {kind} task definition, a host of local development: take it"
        " out, or write the public address of the bucket",
    ),
    rule(
        r"the (?P<kind>[\w-]+) task has SQS_PREFIX=(?P<value>\S*), and its queues are"
        r" (?P<wanted>[^\s;]+)",
        "SQS_PREFIX is {value} in the {kind} task definition, and must be {wanted}: on AWS the"
        " overlay, which replaces it here, is not there",
    ),
    rule(
        r"the (?P<kind>[\w-]+) task has no SQS_PREFIX, and its queues are (?P<wanted>[^\s;]+)",
        "SQS_PREFIX is not set in the {kind} task definition, and must be {wanted}: on AWS the"
        " overlay, which sets it here, is not there",
    ),
    rule(
        r"the (?P<kind>[\w-]+) task has (?P<name>AWS_\w*REGION)=(?P<value>\S*), and the region is"
        r" (?P<wanted>[^\s;]+)",
        "{name} is {value} in the {kind} task definition, and must be {wanted}, where the bucket,"
        " the queues and the mail identity are",
    ),
)

PLATFORM = (*_IN_DEFINITIONS,)
