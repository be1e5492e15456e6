"""Soundness of the files of [phases]: nothing that AWS refuses or visitors suffer from."""

from __future__ import annotations

from collections.abc import Iterator

from harness.inputs.files import phase_files
from harness.phases.account import Account
from harness.phases.checks import database_file, dns_file, scaling_file, vpc_file
from harness.phases.checks.difference import Rules
from harness.phases.phase import Finding, NotCovered, check


@check("0.files-sound")
def soundness(account: Account) -> Iterator[Finding]:
    """The files of [phases] have sound subnets and routes, a private database, and a way back."""
    production = account.production
    if not any(f"phases.{name}" in production.documents for name in RULES):
        raise NotCovered("there are no files of [phases]", key="set phases.dns and the others")
    for name, rule in RULES.items():
        calls = phase_files.calls(production, name)
        for difference in rule(account, calls) if calls else ():
            yield difference.in_file(production.path_of(f"phases.{name}"))


RULES: Rules = {
    "network": vpc_file.differences,
    "database": database_file.differences,
    "dns": dns_file.differences,
    "scaling": scaling_file.differences,
}
