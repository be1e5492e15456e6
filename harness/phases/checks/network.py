"""Phase 1: the certificate, the chain of security groups, the subnets."""

from __future__ import annotations

from collections.abc import Iterator

from harness.inputs.security_groups import parse_group
from harness.phases import group_chain
from harness.phases.account import Account
from harness.phases.phase import Finding, check

_NO_EC2 = "the local stack enforces the file's groups itself, and has no ec2 API"


@check("1.chain-in-file", readiness=True)
def chain_in_file(account: Account) -> Iterator[Finding]:
    """The file's ingress rules name groups; visitors alone come by address, to ports 80 and 443."""
    production = account.production
    owned = group_chain.owners(production)
    return group_chain.breaks(production.network.groups.groups.values(), owned)


@check("1.sg-chain", reads=("ec2:DescribeSecurityGroups",), not_local=_NO_EC2, readiness=True)
def chain(account: Account) -> Iterator[Finding]:
    """The account's security groups admit what the file says, and nobody else."""
    wanted = account.production.network.groups.groups.values()
    answer = account.read(
        "ec2",
        "DescribeSecurityGroups",
        Filters=[{"Name": "group-id", "Values": [group.id for group in wanted]}],
    )
    deployed = [parse_group(raw) for raw in answer["SecurityGroups"]]
    yield from group_chain.differences(wanted, deployed)
    yield from group_chain.breaks(deployed, group_chain.owners(account.production))


CHECKS = (chain_in_file, chain)
