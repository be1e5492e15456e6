"""Parts of AWS's models that the botocore of control's image is too old for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_REWRITES = {"type": "structure", "members": {"Rewrites": {"shape": "RewriteConfigList"}}}
_TRANSFORMS: Mapping[str, Any] = {
    "RuleTransformList": {"type": "list", "member": {"shape": "RuleTransform"}},
    "RuleTransform": {
        "type": "structure",
        "required": ["Type"],
        "members": {
            "Type": {"shape": "TransformTypeEnum"},
            "HostHeaderRewriteConfig": {"shape": "HostHeaderRewriteConfig"},
            "UrlRewriteConfig": {"shape": "UrlRewriteConfig"},
        },
    },
    "HostHeaderRewriteConfig": _REWRITES,
    "UrlRewriteConfig": _REWRITES,
    "RewriteConfigList": {"type": "list", "member": {"shape": "RewriteConfig"}},
    "RewriteConfig": {
        "type": "structure",
        "required": ["Regex", "Replace"],
        "members": {"Regex": {"shape": "StringValue"}, "Replace": {"shape": "StringValue"}},
    },
    "TransformTypeEnum": {"type": "string", "enum": ["host-header-rewrite", "url-rewrite"]},
}
SHAPES: Mapping[str, Mapping[str, Any]] = {"elbv2": _TRANSFORMS}
"""Service -> its newer shapes, by name."""
MEMBERS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "elbv2": {
        name: {"Transforms": "RuleTransformList"}
        for name in ("Rule", "CreateRuleInput", "ModifyRuleInput")
    }
}
"""Service -> a shape -> its newer members, each with the name of its shape."""


def add_to(model: dict[str, Any], *, service: str) -> None:
    """Add the parts that a service's model lacks; a newer one stays as it is."""
    shapes = model["shapes"]
    for name, shape in SHAPES.get(service, {}).items():
        shapes.setdefault(name, shape)
    for name, members in MEMBERS.get(service, {}).items():
        for member, shape in members.items():
            shapes[name]["members"].setdefault(member, {"shape": shape})
