"""The level rehearse: an account is changed only if its owner has asked for it three times over.

By ``aws.changes`` in cutover.toml, by a tag on the ECS cluster, and by ``--level rehearse``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.errors import UnsafeTarget

if TYPE_CHECKING:
    from harness.target.discovery import Discovery

TAG, TAG_VALUE = "cutover-harness", "rehearse"
"""Key and value of the tag that the ECS cluster must have."""
_WHERE = "aws.changes in cutover.toml"


def require_named(changes: str, *, account: str) -> None:
    """Require that the configuration names the account as one to be changed; no call is made.

    Raises:
        UnsafeTarget: It names none, or another.
    """
    if not changes:
        raise UnsafeTarget(
            "The level rehearse changes the account, and cutover.toml permits that for none.",
            where=_WHERE,
            hint=f'If account {account} has no real visitors, set changes = "{account}".',
        )
    if changes != account:
        raise UnsafeTarget(
            f"The level rehearse may change account {changes}, and cutover.toml is about account"
            f" {account}.",
            where=_WHERE,
            hint="Use the cutover.toml of the account that may be changed, or --level observe.",
        )


def require_rehearsable(discovery: Discovery) -> None:
    """Require an account that is tagged for it, at rest, and as its files say.

    Raises:
        UnsafeTarget: It is not; the first reason is named.
    """
    cluster = discovery.access.cluster
    if discovery.tags.get(TAG) != TAG_VALUE:
        tagged = f"it is {discovery.tags[TAG]}" if TAG in discovery.tags else "the cluster has none"
        raise UnsafeTarget(
            f"The ECS cluster {cluster} is not tagged {TAG}={TAG_VALUE}, so nothing is changed in"
            " its account.",
            state=f"tag {TAG}: {tagged}",
            hint="If it has no real visitors: aws ecs tag-resource --resource-arn CLUSTER_ARN"
            f" --tags key={TAG},value={TAG_VALUE}",
        )
    if discovery.deploying:
        raise UnsafeTarget(
            f"A deployment is under way: {', '.join(discovery.deploying)}.",
            hint=f"Wait for it: aws ecs wait services-stable --cluster {cluster} --services"
            f" {' '.join(discovery.deploying)}",
        )
    if discovery.revisions:
        raise UnsafeTarget(
            "What is deployed is not what the files say:"
            + "".join(f"\n    {text}" for text in discovery.revisions),
            hint="Deploy the files' task definitions, or put the deployed values into the files:"
            " scenarios put back what they found, and check it against the files.",
        )
