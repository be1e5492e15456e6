"""Rules for the network: what is shut and should not be, what is open and should not be."""

from __future__ import annotations

from harness.diagnosis.patterns.platform import rule

NETWORK = (
    rule(
        r"declared, and not open: (?P<who>[^\n;]+?) -> (?P<whom>[\w-]+)[^\n;]*? port (?P<port>\d+)",
        "the security group of {whom} has no rule that admits {who} on port {port}",
    ),
    rule(
        r"open, and not declared: (?P<who>[^\n;]+?) -> (?P<whom>[\w-]+)[^\n;]*? port (?P<port>\d+)",
        "a security group opens too much: {who} reaches {whom} on port {port}",
    ),
    rule(
        r"admitted on AWS, and not declared: (?P<who>[^\n;]+?) -> (?P<whom>[\w-]+)"
        r" (?P<ports>[^\n;]+)",
        "the security group of {whom} admits {who} on {ports}; on AWS, they reach it",
    ),
    rule(
        r"(?P<who>cutover-\S+) listens on (?P<address>[\d.:]+) of this machine",
        "{who} publishes a port on {address}, where everyone who reaches this machine reaches it",
    ),
    rule(
        r"a task reaches what runs it: (?P<who>[^\n;]+?) -> (?P<whom>[^\n;]+?) port (?P<port>\d+)",
        "{who} reaches {whom}: its packet rules are not in place, or the task shares a network with"
        " what runs it",
    ),
    rule(
        r"(?P<who>cutover-\S+) sees (?P<path>/\S+)",
        "{path} is mounted into {who}: whoever breaks into the app then owns this machine",
    ),
)
