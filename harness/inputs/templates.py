"""Files that make resources, and are no input: CloudFormation, Terraform, Pulumi, Compose, ..."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import NamedTuple

COMPOSE = "a file of Docker Compose"
"""Many have one for development, beside the files of AWS."""
_YAML_SUFFIXES = (".yaml", ".yml")
_SUFFIXES = (*_YAML_SUFFIXES, ".template", ".json", ".tf")
_PRINT_AGAIN = "print it again, with --output json, and look at what the command prints"


class Kind(NamedTuple):
    """A kind of file that is no input."""

    words: str
    mark: re.Pattern[str]
    """A sign that a file is one."""
    remedy: str = "print with the AWS CLI what it stands for: docs/your-app.md, part 2"


YAML = Kind(
    "YAML",
    re.compile(r"(?:\s*(?:#[^\n]*|---)?\n)*(?:- )?[A-Za-z]\w*:(?:\s|$)"),
    "print it again with --output json; docs/your-app.md, part 2, has the commands",
)
_KINDS = (
    Kind(
        "a template of CloudFormation",
        re.compile(
            r"^\s*[\"']?AWSTemplateFormatVersion\b|[\"']?Type[\"']?:\s*[\"']?AWS::\w+::\w+",
            flags=re.MULTILINE,
        ),
    ),
    Kind("code of Terraform", re.compile(r"^\s*resource\s+\"aws_\w+\"", flags=re.MULTILINE)),
    Kind(
        "a manifest of Copilot",
        re.compile(
            r"^type:\s*[\"']?(?:Load Balanced Web|Backend|Worker|Request-Driven Web) Service"
            r"|^type:\s*[\"']?Scheduled Job",
            flags=re.MULTILINE,
        ),
    ),
    Kind(
        "a project of Pulumi",
        re.compile(
            r"^name:.*\n(?:.*\n)*?runtime:\s*(?:name:\s*)?"
            r"(?:nodejs|python|go|dotnet|java|yaml|bun)\s*$",
            flags=re.MULTILINE,
        ),
    ),
    Kind(
        "settings of Laravel Vapor",
        re.compile(r"^id:\s*\d+\s*$[\s\S]*?^environments:\s*$", flags=re.MULTILINE),
    ),
    Kind("settings of the CDK", re.compile(r"\"@aws-cdk/[\w-]+:\w+\"")),
    Kind(
        COMPOSE,
        re.compile(
            r"^services:[ \t]*\n(?:[ \t]*(?:#.*)?\n)*[ \t]+[\w.-]+:[ \t]*\n(?:[ \t]+.*\n)*?"
            r"[ \t]+(?:image|build):",
            flags=re.MULTILINE,
        ),
    ),
    Kind(
        "an error of the AWS CLI",
        re.compile(r"^An error occurred \(\w+\) when ", flags=re.MULTILINE),
        _PRINT_AGAIN,
    ),
    Kind("a table of the AWS CLI", re.compile(r"\A\s*-{5,}\s*\n\|"), _PRINT_AGAIN),
    Kind("text of the AWS CLI", re.compile(r"\A\s*[A-Z]+\t"), _PRINT_AGAIN),
    Kind(
        "a page of HTML",
        re.compile(r"\A\s*<(?:!doctype html|html)\b", flags=re.IGNORECASE),
        "save the file itself, and not the page that shows it",
    ),
    Kind(
        "a pointer of Git LFS",
        re.compile(r"\Aversion https://git-lfs\."),
        "`git lfs pull` fetches the file itself",
    ),
    Kind(
        "a merge that is not finished",
        re.compile(r"^<{7} .*\n(?:.*\n)*?={7}$", flags=re.MULTILINE),
        "keep one of the two sides, without the lines of <, = and >",
    ),
    Kind(
        "a task definition in YAML",
        re.compile(r"^\s*(?:- )?containerDefinitions:\s*$", flags=re.MULTILINE),
        YAML.remedy,
    ),
)


def may_be_one(name: str) -> bool:
    """Whether a file's name is one that templates have."""
    return PurePath(name).suffix in _SUFFIXES


def kind_of(text: str, *, name: str = "") -> Kind | None:
    """Return the kind of a tool's file; none for any other file.

    Args:
        text: Its text.
        name: Its name, where one that ends as YAML's do, or begins as YAML, is one too.
    """
    kind = next((kind for kind in _KINDS if kind.mark.search(text)), None)
    if kind or not name:
        return kind
    return YAML if PurePath(name).suffix in _YAML_SUFFIXES or YAML.mark.match(text) else None
