"""Rules of an Application Load Balancer's listener: the action that answers a request.

Rules are taken in the order of their priorities; the first with conditions that all hold decides,
and the default rule comes last. One value of a condition is enough for it.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
(the order), .../application/rule-condition-types.html, and the API's own words on RuleCondition,
PathPatternConditionConfig and its siblings (wildcards, case), and RedirectActionConfig.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

from harness.aws import arn as arns

PATH, HOST = "path-pattern", "host-header"
HEADER, METHOD = "http-header", "http-request-method"
QUERY, SOURCE_IP = "query-string", "source-ip"
FORWARD, REDIRECT, FIXED = "forward", "redirect", "fixed-response"
ROUTING = (FORWARD, REDIRECT, FIXED)
"""Types of the action that answers: each rule has exactly one."""
DEFAULT = "default"
"""The priority of a listener's last rule, which has no conditions."""
VISITOR = "192.0.2.1"
"""An address of the internet, in no private network: TEST-NET-1 of RFC 5737."""
CONFIGS = {
    PATH: "PathPatternConfig",
    HOST: "HostHeaderConfig",
    HEADER: "HttpHeaderConfig",
    METHOD: "HttpRequestMethodConfig",
    QUERY: "QueryStringConfig",
    SOURCE_IP: "SourceIpConfig",
}
HOST_REWRITE, URL_REWRITE = "host-header-rewrite", "url-rewrite"
TRANSFORM_CONFIGS = {HOST_REWRITE: "HostHeaderRewriteConfig", URL_REWRITE: "UrlRewriteConfig"}
_CASE_MATTERS = {PATH, METHOD}


@dataclass(frozen=True)
class Request:
    """A request, as far as rules look at it."""

    host: str
    path: str = "/"
    method: str = "GET"
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()
    source_ip: str = VISITOR


@dataclass(frozen=True)
class Condition:
    """A condition of a rule, with regular expressions that Python and JavaScript both read."""

    field: str
    header: str = ""
    """Name of the header, for http-header."""
    expressions: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    """Expressions for key and value of a query; an empty key stands for each."""
    networks: tuple[str, ...] = ()
    ignores_case: bool = False

    def holds(self, request: Request) -> bool:
        """Return whether a request fits one of the values."""
        if self.field == SOURCE_IP:
            address = ip_address(request.source_ip)
            return any(address in ip_network(network, strict=False) for network in self.networks)
        if self.field == QUERY:
            return any(
                self._fits_pair(parameter) for parameter in request.query.split("&") if parameter
            )
        texts = {
            PATH: [request.path],
            HOST: [request.host],
            METHOD: [request.method],
            HEADER: [text for name, text in request.headers if name.lower() == self.header],
        }.get(self.field, [])
        return any(
            self._fits(expression, text) for expression in self.expressions for text in texts
        )

    def _fits_pair(self, parameter: str) -> bool:
        key, _, value = parameter.partition("=")
        return any(
            (not key_pattern or self._fits(key_pattern, key)) and self._fits(expression, value)
            for key_pattern, expression in self.pairs
        )

    def _fits(self, expression: str, text: str) -> bool:
        return bool(_compiled(expression, ignores_case=self.ignores_case).search(text))


@cache
def _compiled(expression: str, *, ignores_case: bool) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE if ignores_case else 0)


def condition(content: Mapping[str, Any]) -> Condition:
    """Read a RuleCondition.

    A regular expression's syntax is AWS's own; these two languages read the common part of it.
    """
    name = str(content.get("Field"))
    config: Mapping[str, Any] = content.get(CONFIGS.get(name, "")) or {}
    values = config.get("Values") or content.get("Values") or ()
    regular = config.get("RegexValues") or content.get("RegexValues") or ()
    ignores_case = name not in _CASE_MATTERS
    if name == SOURCE_IP:
        return Condition(name, networks=tuple(map(str, values)))
    if name == QUERY:
        pairs = tuple(
            (wildcards(str(pair["Key"]), escapes=True) if pair.get("Key") else "", _value(pair))
            for pair in values
        )
        return Condition(name, pairs=pairs, ignores_case=ignores_case)
    exact = name == METHOD
    written = [_exactly(str(value)) if exact else wildcards(str(value)) for value in values]
    return Condition(
        name,
        header=str(config.get("HttpHeaderName") or "").lower(),
        expressions=(*written, *map(str, regular)),
        ignores_case=ignores_case,
    )


def _value(pair: Mapping[str, Any]) -> str:
    return wildcards(str(pair.get("Value") or ""), escapes=True)


def wildcards(pattern: str, *, escapes: bool = False) -> str:
    r"""Write a pattern of ``*`` and ``?`` as a regular expression for the whole text.

    Args:
        pattern: As the rule has it.
        escapes: Whether a backslash makes the next character an ordinary one, as in query strings.
    """
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if escapes and character == "\\":
            parts.append(_literal(next(characters, character)))
        else:
            parts.append({"*": r"[\s\S]*", "?": r"[\s\S]"}.get(character) or _literal(character))
    return f"^{''.join(parts)}$"


def _exactly(text: str) -> str:
    return f"^{''.join(map(_literal, text))}$"


def _literal(character: str) -> str:
    """Escape a character with a meaning in expressions; JavaScript takes no other backslashes."""
    return f"\\{character}" if character in r"\^$.|?*+()[]{}/" else character


@dataclass(frozen=True)
class Transform:
    """A rewriting of a request on its way to a target.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
    """

    kind: str
    """`HOST_REWRITE` or `URL_REWRITE`."""
    expression: str
    replacement: str
    """It may have ``$1`` and so on for the expression's groups."""


@dataclass(frozen=True)
class Rule:
    """A rule of a listener."""

    priority: str
    """A number, or `DEFAULT`."""
    conditions: tuple[Condition, ...]
    actions: Sequence[Mapping[str, Any]] = field(repr=False)
    transforms: tuple[Transform, ...] = ()

    def takes(self, request: Request) -> bool:
        """Return whether all conditions hold."""
        return all(rule_condition.holds(request) for rule_condition in self.conditions)

    @property
    def action(self) -> Mapping[str, Any]:
        """The action that answers; one that signs in users comes before it."""
        return next((action for action in self.actions if action.get("Type") in ROUTING), {})


def rule(content: Mapping[str, Any]) -> Rule:
    """Read a rule, as CreateRule takes it and DescribeRules shows it."""
    return Rule(
        priority=str(content.get("Priority", DEFAULT)),
        conditions=tuple(
            condition(rule_condition) for rule_condition in content.get("Conditions") or ()
        ),
        actions=content.get("Actions") or (),
        transforms=tuple(transforms(content)),
    )


def transforms(content: Mapping[str, Any]) -> Iterator[Transform]:
    """Go through the rewritings of a rule."""
    for transform in content.get("Transforms") or ():
        config = transform.get(TRANSFORM_CONFIGS.get(str(transform.get("Type")), "")) or {}
        for rewrite in config.get("Rewrites") or ():
            yield Transform(str(transform["Type"]), str(rewrite["Regex"]), str(rewrite["Replace"]))


def default(actions: Sequence[Mapping[str, Any]] | None) -> Rule:
    """Return the last rule of a listener."""
    return Rule(DEFAULT, (), actions or ())


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules as a listener takes them."""
    return sorted(rules, key=lambda candidate: _number(candidate.priority))


def _number(priority: str) -> float:
    return int(priority) if priority.isdecimal() else float("inf")


def decide(rules: Iterable[Rule], request: Request) -> Rule | None:
    """Return the rule that decides on a request; None where none does."""
    return next((candidate for candidate in in_order(rules) if candidate.takes(request)), None)


def weights(action: Mapping[str, Any]) -> dict[str, int]:
    """Return the names of an action's target groups, and the weight of each.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
    API_TargetGroupTuple.html (0 to 999; a group of weight 0 has no part of the requests).
    """
    tuples = (action.get("ForwardConfig") or {}).get("TargetGroups") or ()
    if not tuples:
        name = group_name(action.get("TargetGroupArn"))
        return {name: 1} if name else {}
    by_group = {
        group_name(group.get("TargetGroupArn")): int(group.get("Weight", 1)) for group in tuples
    }
    return {name: weight for name, weight in by_group.items() if name}


def group_name(arn: Any) -> str:
    """Return the name in a target group's ARN; empty where it is none."""
    parsed = arns.parse(str(arn or ""))
    parts = parsed.resource.split("/") if parsed else []
    return parts[1] if len(parts) == 3 else ""


UNCHANGED = {
    "Protocol": "#{protocol}",
    "Host": "#{host}",
    "Port": "#{port}",
    "Path": "/#{path}",
    "Query": "#{query}",
}
"""Part of a RedirectConfig -> its value where the redirect leaves the part as it is."""


@dataclass(frozen=True)
class Location:
    """Where a redirect leads."""

    protocol: str
    host: str
    port: str
    path: str
    query: str

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"{self.protocol.lower()}://{self.host}:{self.port}{self.path}{query}"


def location(config: Mapping[str, Any], request: Request, *, protocol: str, port: int) -> Location:
    """Return where a redirect of a listener leads a request.

    Args:
        config: The action's RedirectConfig; what it leaves out stays as it is.
        request: The request.
        protocol: The listener's protocol, HTTP or HTTPS.
        port: The listener's port.
    """
    words = {
        "#{protocol}": protocol,
        "#{host}": request.host,
        "#{port}": str(port),
        "#{path}": request.path.removeprefix("/"),
        "#{query}": request.query,
    }

    def filled(text: str) -> str:
        return re.sub(r"#\{\w+\}", lambda match: words.get(match[0], match[0]), text)

    return Location(**{name: filled(text) for name, text in redirect_parts(config).items()})


def redirect_parts(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of a redirect, by their names in small letters, unfilled."""
    return {name.lower(): str(config.get(name, usual)) for name, usual in UNCHANGED.items()}
