"""Files that make resources, and are no input: CloudFormation, Terraform, Pulumi, Compose, ..."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

COMPOSE = "a file of Docker Compose"
"""Many have one for development, beside the files of AWS."""
_SUFFIXES = (".yaml", ".yml", ".template", ".json", ".tf")
_MARKS: Mapping[str, re.Pattern[str]] = {
    "a template of CloudFormation": re.compile(
        r"^\s*[\"']?AWSTemplateFormatVersion\b|[\"']?Type[\"']?:\s*[\"']?AWS::\w+::\w+",
        flags=re.MULTILINE,
    ),
    "code of Terraform": re.compile(r"^\s*resource\s+\"aws_\w+\"", flags=re.MULTILINE),
    "a manifest of Copilot": re.compile(
        r"^type:\s*[\"']?(?:Load Balanced Web|Backend|Worker|Request-Driven Web) Service"
        r"|^type:\s*[\"']?Scheduled Job",
        flags=re.MULTILINE,
    ),
    "a project of Pulumi": re.compile(
        r"^name:.*\n(?:.*\n)*?runtime:\s*(?:name:\s*)?(?:nodejs|python|go|dotnet|java|yaml|bun)\s*$",
        flags=re.MULTILINE,
    ),
    "settings of Laravel Vapor": re.compile(
        r"^id:\s*\d+\s*$[\s\S]*?^environments:\s*$", flags=re.MULTILINE
    ),
    "settings of the CDK": re.compile(r"\"@aws-cdk/[\w-]+:\w+\""),
    COMPOSE: re.compile(
        r"^services:[ \t]*\n(?:[ \t]*(?:#.*)?\n)*[ \t]+[\w.-]+:[ \t]*\n(?:[ \t]+.*\n)*?"
        r"[ \t]+(?:image|build):",
        flags=re.MULTILINE,
    ),
    "an error of the AWS CLI": re.compile(r"^An error occurred \(\w+\) when ", flags=re.MULTILINE),
    "a table of the AWS CLI": re.compile(r"\A\s*-{5,}\s*\n\|"),
    "text of the AWS CLI": re.compile(r"\A\s*[A-Z]+\t"),
    "a page of HTML": re.compile(r"\A\s*<(?:!doctype html|html)\b", flags=re.IGNORECASE),
    "a pointer of Git LFS": re.compile(r"\Aversion https://git-lfs\."),
    "a merge that is not finished": re.compile(r"^<{7} .*\n(?:.*\n)*?={7}$", flags=re.MULTILINE),
    "a task definition in YAML": re.compile(
        r"^\s*(?:- )?containerDefinitions:\s*$", flags=re.MULTILINE
    ),
}
"""Words for a file of one tool -> a sign that a file is one."""
_HINTS = {
    "AWS CLI": "print it again, with --output json, and look at what the command prints",
    "YAML": "print it again with --output json; docs/your-app.md, part 2, has the commands",
    "HTML": "save the file itself, and not the page that shows it",
    "LFS": "`git lfs pull` fetches the file itself",
    "merge": "keep one of the two sides, without the lines of <, = and >",
}
"""A part of the words for a file -> a remedy."""


def may_be_one(name: str) -> bool:
    """Whether a file's name is one that templates have."""
    return PurePath(name).suffix in _SUFFIXES


def kind_of(text: str) -> str:
    """Return the words for a file of a tool; empty for any other file."""
    return next((kind for kind, mark in _MARKS.items() if mark.search(text)), "")


def hint_of(kind: str) -> str:
    """Return a remedy for a file of a tool, by the words for it."""
    other = "print with the AWS CLI what it stands for: docs/your-app.md, part 2"
    return next((hint for part, hint in _HINTS.items() if part in kind), other)
