"""The lines of a proposed cutover.toml that name a file, or the command that prints it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.inputs import file_types
from harness.inputs.document import toml_text
from harness.inputs.files.phase_files import PHASE_FILES

if TYPE_CHECKING:
    from harness.inputs.document import Document
    from harness.inputs.proposal.folder import Folder

_PRINTED_BY: Mapping[str, str] = {
    "security_groups": "aws ec2 describe-security-groups --filters Name=vpc-id,Values=VPC",
    "load_balancer": "{ aws elbv2 describe-load-balancers --names NAME;"
    " aws elbv2 describe-load-balancer-attributes --load-balancer-arn ARN; }",
    "target_group": "{ aws elbv2 describe-target-groups --names NAME;"
    " aws elbv2 describe-target-group-attributes --target-group-arn ARN; }",
    "cache": "aws elasticache describe-replication-groups --replication-group-id NAME",
    "bucket": "aws s3api get-public-access-block --bucket NAME",
    "mail_receipt_rule": "aws ses describe-active-receipt-rule-set",
    "queues": "aws sqs get-queue-attributes --attribute-names All --queue-url URL",
    "identity": "aws sesv2 list-email-identities",
    "rule": "{ aws events describe-rule --name NAME;"
    " aws events list-targets-by-rule --rule NAME; }, or aws scheduler get-schedule --name NAME",
}
"""Key -> the command that prints its file."""
_SEVERAL = ("Listeners", "Rules", "TargetGroup", "TargetGroups")
"""Parts of which a file may have several: a rule's objects, and inputs of further groups."""


def line_of(folder: Folder, key: str) -> str:
    """Return the line of a key that names a file, as a comment where no file or several fit.

    Files that belong into one get its name, and the command that makes it: `cutover config check`
    asks for it. Those of the move are left out until somebody makes it.
    """
    path, file = folder.path_of(key), f"{key.replace('_', '-')}.json"
    if path:
        return f"{key} = {toml_text(path)}"
    documents = sorted(folder.documents[key], key=lambda document: file_types.rank(document, key))
    names = [folder.name(document) for document in documents]
    whole = key == "queues" or key in PHASE_FILES
    twice = [] if whole else [folder.name(document) for document in _alike(documents, key)]
    if names and not twice:
        mark = "# " if key in PHASE_FILES else ""
        file = f"all-{file}" if file in names else file  # the shell would empty it first
        return f"{mark}{key} = {toml_text(file)}  # cat {shlex.join(names)} > {file}"
    hint = f"one of {', '.join(twice)}" if names else f"{_PRINTED_BY[key]} prints it"
    if once := [name for name in names if twice and name not in twice]:
        hint = f"cat {shlex.join(once)} ... > {file}, with the app's own of {', '.join(twice)}"
    return f"# {key} = {toml_text(file)}  # {hint}"


def _alike(documents: Sequence[Document], key: str) -> list[Document]:
    """List the files with the same part, as of two load balancers, buckets or rules."""
    names = [name for document in documents for name in file_types.parts(document, key)]
    twice = {name for name in names if names.count(name) > 1} - {*_SEVERAL}
    return [document for document in documents if twice & {*file_types.parts(document, key)}]
