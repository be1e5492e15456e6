"""The grammar of IAM's policy documents, and the faults that IAM calls MalformedPolicyDocument.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.aws.iam_conditions import OPERATORS
from harness.inputs.problem import Problem, nearest, type_of

_VERSIONS = ("2012-10-17", "2008-10-17")
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""
_PAIRS = ("Principal", "Action", "Resource")
_FIELDS = ("Sid", "Effect", "Condition", *_PAIRS, *(f"Not{name}" for name in _PAIRS))
_PRINCIPALS = ("AWS", "CanonicalUser", "Federated", "Service")
_SID = re.compile(r"[A-Za-z0-9]*")
_ACTION = re.compile(r"\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+")
_RESOURCE = re.compile(r"\*|arn:.*|\$\{.*", re.DOTALL)
_PLACEHOLDER = re.compile(r"\$\{(?:[A-Za-z_]\w*|[A-Z]\w*::\w+)\}")
"""References of templates; IAM's own variables have a colon, as ${aws:username}."""
_SERVICE = re.compile(r"[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)")
"""Forms of service principals; IAM refuses one that it does not know."""
_SET = re.compile(r"^(?:ForAllValues|ForAnyValue):")


def problems(document: Any, *, key: str, needs: str) -> Iterator[Problem]:
    """Find faults of a role's policy document.

    Args:
        document: The document.
        key: Its place in the file.
        needs: ``Principal`` in a trust policy, ``Resource`` in a policy of permissions.
    """
    version = document.get("Version", _VERSIONS[0]) if isinstance(document, dict) else _VERSIONS[0]
    if version not in _VERSIONS:
        hint = f'write "{_VERSIONS[0]}": it is the version of the language, and not of the policy'
        yield Problem(f"{key}.Version", f'is "{version}", which IAM does not know', hint)
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        yield Problem(key, "has no Statement", "write the policy document itself")
        return
    sids: set[str] = set()
    for index, statement in enumerate(statements):
        where = f"{key}.Statement[{index}]"
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            effect = statement.get("Effect") if isinstance(statement, dict) else None
            message = f"has the Effect {json.dumps(effect)}" if effect else "has no Effect"
            yield Problem(where, message, '"Effect" is "Allow" or "Deny"')
            continue
        yield from _of_statement(statement, key=where, needs=needs)
        sid = statement.get("Sid")
        if isinstance(sid, str) and sid in sids:
            hint = "a Sid is unique in its policy: name it differently, or leave it out"
            yield Problem(f"{where}.Sid", f'repeats "{sid}"', hint)
        sids |= {sid} if isinstance(sid, str) and sid else set()


def _of_statement(statement: Mapping[str, Any], *, key: str, needs: str) -> Iterator[Problem]:
    for name in statement:
        if name not in _FIELDS:
            yield Problem(f"{key}.{name}", "is no element of IAM's", nearest(name, _FIELDS))
    for name in ("Action", needs):
        fields = [field for field in (name, f"Not{name}") if statement.get(field)]
        if not fields:
            yield Problem(key, f"has no {name}", f"AWS rejects it without {name}")
        elif len(fields) > 1:
            yield Problem(f"{key}.{fields[1]}", f"stands beside {name}", "IAM takes one of the two")
    (other,) = {"Principal", "Resource"} - {needs}
    for name in (other, f"Not{other}"):
        if name in statement:
            where = "a trust policy" if needs == "Principal" else "a role's own policy"
            hint = f"leave it out: IAM refuses {where} that has it"
            yield Problem(f"{key}.{name}", f"has no place in {where}", hint)
    yield from _of_values(statement, key=key)
    for name in ("Principal", "NotPrincipal") if needs == "Principal" else ():
        if name in statement:
            yield from _of_principal(statement[name], key=f"{key}.{name}")
    yield from _of_condition(statement.get("Condition", {}), key=f"{key}.Condition")


def _of_values(statement: Mapping[str, Any], *, key: str) -> Iterator[Problem]:
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or not _SID.fullmatch(sid):
        fault = f'is "{sid}"' if isinstance(sid, str) else f"is {type_of(sid)}"
        yield Problem(f"{key}.Sid", fault, "IAM takes letters and digits: write a text of these")
    forms = {"Action": (_ACTION, "service:Action"), "Resource": (_RESOURCE, "an ARN, or *")}
    for name, (pattern, form) in forms.items():
        for field in (name, f"Not{name}"):
            for number, value in enumerate(_listed(statement.get(field) or ())):
                is_list = isinstance(statement[field], list)
                where = f"{key}.{field}[{number}]" if is_list else f"{key}.{field}"
                left = _PLACEHOLDER.search(value) if isinstance(value, str) else None
                if left:
                    message = f'is "{value}", and {left[0]} is no variable of policies'
                    hint = "put in what the placeholder stands for: render the template first"
                    yield Problem(where, message, hint)
                    continue
                if isinstance(value, str) and pattern.fullmatch(value):
                    continue
                description = f'is "{value}"' if isinstance(value, str) else f"is {type_of(value)}"
                yield Problem(where, f"{description}, which IAM does not take", f"write {form}")


def _of_principal(principal: Any, *, key: str) -> Iterator[Problem]:
    hint = 'write {"Service": "ecs-tasks.amazonaws.com"}'
    if principal == "*":
        return
    if not isinstance(principal, dict):
        description = f'"{principal}"' if isinstance(principal, str) else type_of(principal)
        yield Problem(key, f"is {description}, and must be an object", hint)
        return
    for name, value in principal.items():
        if name not in _PRINCIPALS:
            yield Problem(f"{key}.{name}", "is no type of principal", nearest(name, _PRINCIPALS))
        elif not _listed(value) or not all(
            isinstance(entry, str) and entry for entry in _listed(value)
        ):
            yield Problem(f"{key}.{name}", "names nobody", hint)
        elif name == "Service":
            for service in _listed(value):
                if not _SERVICE.fullmatch(service):
                    message = f'is "{service}", which is no service of AWS: IAM refuses the policy'
                    yield Problem(f"{key}.{name}", message, hint)


def _of_condition(condition: Any, *, key: str) -> Iterator[Problem]:
    hint = 'write {"StringEquals": {"aws:SourceAccount": "..."}}'
    if not isinstance(condition, dict):
        yield Problem(key, f"is {type_of(condition)}, and must be an object", hint)
        return
    operators = {name.lower() for name in OPERATORS}
    for name, keys in condition.items():
        operator = _SET.sub("", name).removesuffix("IfExists")
        if operator.lower() not in operators:
            yield Problem(
                f"{key}.{name}", "is no operator of conditions", nearest(operator, OPERATORS)
            )
        elif not isinstance(keys, dict):
            yield Problem(f"{key}.{name}", f"is {type_of(keys)}, and must be an object", hint)
        else:
            for each, value in keys.items():
                if any(isinstance(entry, (dict, list, type(None))) for entry in _listed(value)):
                    message = "is not a text, or a list of texts"
                    yield Problem(f"{key}.{name}.{each}", message, hint)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
