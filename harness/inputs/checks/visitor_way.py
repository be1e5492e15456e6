"""The way of a visitor's requests through the load balancer's listeners, to the app or elsewhere.

AWS takes rules that shut everybody out, and a rehearsal would meet them page by page. Here the
pages that the configuration names are led through the listeners before anything starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.aws import listener_rules
from harness.aws.listener_rules import Location, Request
from harness.inputs.files import listeners
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.files.listeners import Listener
    from harness.inputs.production import Production

_MOST_REDIRECTS = 5
_QUERY = "from=poster"
_PORTS = {"HTTPS": "443", "HTTP": "80"}
_PROBE = "/_probe/v1/whoami"
_POST = "POST"
_WITH_FORMS = ("app.pages.sign_in", "app.pages.sign_up")


@dataclass(frozen=True)
class Step:
    """One answer on the way: the rule that decided, at its place in the file."""

    request: Request
    rule: listener_rules.Rule
    key: str
    """Of the actions in the load balancer's file."""
    listener: Listener

    @property
    def action(self) -> Mapping[str, Any]:
        """The action that answers."""
        return self.rule.action

    @property
    def url(self) -> str:
        """The address of the request."""
        method = f"{_POST} " if self.request.method == _POST else ""
        return f"{method}{self.listener.protocol.lower()}://{self.request.host}{self.request.path}"

    def location(self) -> Location:
        """Return where its redirect leads."""
        return listener_rules.location(
            self.action["RedirectConfig"],
            self.request,
            protocol=self.listener.protocol,
            port=self.listener.port,
        )


def problems(production: Production) -> Iterator[Problem]:
    """Report rules and default actions that keep visitors from the app's pages."""
    refused = [*_refused(production), *_unknown_groups(production)]
    if refused:
        yield from refused
        return
    by_key: dict[str, Problem] = {}
    for path, named_by in _pages(production):
        for problem in _of_page(production, path, named_by):
            by_key.setdefault(problem.key, problem)
    yield from by_key.values()


def _refused(production: Production) -> Iterator[Problem]:
    """Find rules that AWS refuses: https never leads to http.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/
    API_RedirectActionConfig.html.
    """
    rules = production.load_balancer.get(listeners.RULES) or ()
    secure = [
        listener for listener in listeners.of_production(production) if listener.protocol == "HTTPS"
    ]
    for number, rule in enumerate(rules):
        is_secure = any(
            _identity(rule) == _identity(secure_rule)
            for listener in secure
            for secure_rule in listener.rules
        )
        for index, action in enumerate(rule.get("Actions") or ()):
            if is_secure and (action.get("RedirectConfig") or {}).get("Protocol") == "HTTP":
                yield Problem(
                    f"{listeners.RULES}[{number}].Actions[{index}].RedirectConfig.Protocol",
                    'is "HTTP", and AWS takes no redirect from HTTPS to HTTP',
                    'write "HTTPS", or leave it out',
                    file=production.files["ecs.load_balancer"],
                )


def _unknown_groups(production: Production) -> Iterator[Problem]:
    """Find forwards to something that is no target group's ARN, which AWS refuses."""
    for place, action in _actions(production):
        config = action.get("ForwardConfig") or {}
        arns = [group.get("TargetGroupArn") for group in config.get("TargetGroups") or ()]
        for arn in filter(None, [action.get("TargetGroupArn"), *arns]):
            if not listener_rules.group_name(arn):
                yield Problem(
                    place,
                    f'forward to "{arn}", which is no ARN of a target group',
                    "write it as `aws elbv2 describe-target-groups` prints it",
                    file=production.files["ecs.load_balancer"],
                )


def _actions(production: Production) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, key in (("Listeners", "DefaultActions"), (listeners.RULES, "Actions")):
        for number, entry in enumerate(production.load_balancer.get(name) or ()):
            for action in entry.get(key) or ():
                yield f"{name}[{number}].{key}", action


def _pages(production: Production) -> Iterator[tuple[str, str]]:
    """Yield the paths that visitors need, each with the key that names it."""
    config, pages = production.config, production.config.pages
    yield urlsplit(pages.public).path or "/", "app.pages.public"
    paths = {
        "private": pages.private,
        "sign_in": pages.sign_in.path,
        "sign_up": pages.sign_up.path,
    }
    for name in sorted(paths.keys() & pages.model_fields_set):
        yield urlsplit(paths[name]).path or "/", f"app.pages.{name}"
    if config.probe is not None:
        yield f"{(config.probe.path or '').rstrip('/')}{_PROBE}", "probe.path"


def _of_page(production: Production, path: str, named_by: str) -> Iterator[Problem]:
    request = Request(host=production.config.public_host, path=path, query=_QUERY)
    yield from _of_plain_http(production, request)
    faults = [*_of_https(production, request, named_by)]
    has_form = path.endswith(_PROBE) or named_by in _WITH_FORMS
    if faults or not has_form:
        yield from faults
    else:
        yield from _of_https(production, replace(request, method=_POST), named_by)


def _of_https(production: Production, request: Request, named_by: str) -> Iterator[Problem]:
    host, name = production.config.public_host, production.target_group["TargetGroup"]["Name"]
    path, steps = request.path, _way(production, request, protocol="HTTPS")
    last, file = steps[-1] if steps else None, production.files["ecs.load_balancer"]
    if last is None or (request.method == _POST and len(steps) > 1):
        return
    other = f", or name another page in {named_by}"
    if named_by == "probe.path":
        other = f", or have the probe below a path that is forwarded, by {named_by}"
    remedy = f"forward {host} to {name} there, or take {path} out of the rule's conditions{other}"
    if last.rule.priority == listener_rules.DEFAULT:
        remedy = f"add a rule that forwards {host} to {name}, or correct the conditions of yours"
        remedy += other
    text, lost = _fault(last, steps, name=name), "no visitor would reach the tasks"
    if request.method == _POST:
        lost = "no form would reach the tasks, and GET does"
        remedy = f"add {_POST} to the http-request-method of the rule that forwards {path}"
    if text:
        yield Problem(last.key, f"{text}: {lost}", remedy, file=file, rests_on=named_by)


def _of_plain_http(production: Production, request: Request) -> Iterator[Problem]:
    """Find a redirect of the HTTP listener that loses the host, or a rule's that loses the page."""
    step = next(iter(_way(production, request, protocol="HTTP")), None)
    if step is None or step.action.get("Type") != listener_rules.REDIRECT:
        return
    to, file = step.location(), production.files["ecs.load_balancer"]
    if to.host.lower() != request.host.lower():
        yield Problem(
            step.key,
            f"redirect {step.url} to {to.host}, and app.url has {request.host}",
            "leave RedirectConfig.Host out, or write #{host}",
            file=file,
        )
    elif step.rule.priority == listener_rules.DEFAULT:
        return  # judged with the file
    elif to.protocol == "HTTP" and to.port in _https_ports(production):
        yield Problem(
            step.key,
            f"redirect {step.url} to http, and the listener on port {to.port} speaks https",
            'write "HTTPS" as RedirectConfig.Protocol',
            file=file,
        )
    elif (to.path, to.query) != (request.path, request.query):
        yield Problem(
            step.key,
            f"redirect {step.url}?{request.query} to {to}: links in mails and search engines"
            " lose theirs in the redirect",
            "leave Path and Query out, or write /#{path} and #{query}",
            file=file,
        )


def _https_ports(production: Production) -> set[str]:
    every = listeners.of_production(production)
    return {str(listener.port) for listener in every if listener.protocol == "HTTPS"}


def _fault(last: Step, steps: Sequence[Step], *, name: str) -> str:
    """Return the reason for which the last step is not the app's; empty where it is."""
    kind = last.action.get("Type")
    if kind == listener_rules.FIXED:
        status = last.action["FixedResponseConfig"].get("StatusCode")
        return f"answer {last.url} with a fixed {status}"
    if kind == listener_rules.FORWARD:
        return _elsewhere(last, name=name)
    to = last.location()
    if to.host.lower() != last.request.host.lower():
        return f"redirect {last.url} to {to.host}, and app.url has {last.request.host}"
    if len(steps) > _MOST_REDIRECTS:
        return f"redirect {steps[0].url} in a circle"
    return f"redirect {last.url} to {to.protocol} on port {to.port}, where no listener is"


def _elsewhere(last: Step, *, name: str) -> str:
    weights = listener_rules.weights(last.action)
    if not weights or weights.get(name):
        return ""
    if name in weights:
        return f'give "{name}" of ecs.target_group the weight 0 for {last.url}'
    groups = ", ".join(f'"{group}"' for group in weights)
    return f'lead {last.url} to {groups}, and ecs.target_group has "{name}"'


def _way(production: Production, request: Request, *, protocol: str) -> list[Step]:
    """Follow a request from its listener on; the last step is no redirect to a listener here."""
    steps: list[Step] = []
    candidates = listeners.of_production(production)
    port = _PORTS[protocol]
    while len(steps) <= _MOST_REDIRECTS:
        listener = next(
            (
                candidate
                for candidate in candidates
                if (candidate.protocol, str(candidate.port)) == (protocol, port)
            ),
            None,
        )
        step = _step(production, listener, request) if listener else None
        if step is None:
            return steps
        steps.append(step)
        if step.action.get("Type") != listener_rules.REDIRECT:
            return steps
        to = step.location()
        if to.host.lower() != request.host.lower():
            return steps
        protocol, port = to.protocol, to.port
        request = Request(host=to.host, path=to.path, query=to.query)
    return steps


def _step(production: Production, listener: Listener, request: Request) -> Step | None:
    rules = [listener_rules.rule(entry) for entry in listener.rules]
    default = listener_rules.default(listener.create.get("DefaultActions"))
    rule = listener_rules.decide([*rules, default], request)
    if rule is None or not rule.action:
        return None
    key = listeners.place(production, listener)
    if rule is not default:
        key = _place(production, listener.rules[rules.index(rule)])
    return Step(request, rule, key, listener)


def _place(production: Production, rule: Mapping[str, Any]) -> str:
    """Return the key of a rule's actions in the load balancer's file."""
    numbers = {
        _identity(entry): number
        for number, entry in enumerate(production.load_balancer.get(listeners.RULES) or ())
    }
    return f"{listeners.RULES}[{numbers.get(_identity(rule), 0)}].Actions"


def _identity(rule: Mapping[str, Any]) -> tuple[str, str]:
    return str(rule.get("ListenerArn")), str(rule.get("Priority"))
