"""The architecture that production's files describe: parts, security groups, and their links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.phases import group_chain
from harness.phases.group_chain import CACHE, DATABASE, ENDPOINTS, LOAD_BALANCER, PROXY, TASKS

if TYPE_CHECKING:
    from harness.inputs.production import Production

VISITORS, APIS = "visitors", "AWS APIs"
_ENCRYPTED_PORTS = (443, 3306)
"""Behind them TLS is spoken: RDS Proxy and the database require it, as HTTPS does."""
_CHARACTER = 6.4
"""Mean width of a character, in the units of the picture."""
_TOP, _LEAST_BOTTOM, _GAP = 115, 360, 46
_BACK = (PROXY, DATABASE, CACHE, ENDPOINTS)
"""Parts behind the tasks, from top to bottom."""
Place = tuple[int, int, int, int]
"""Left, top, width and height."""


@dataclass(frozen=True)
class Part:
    """One box: a part of production, and the security groups around it."""

    owner: str
    place: Place
    lines: tuple[str, ...]
    groups: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The part's name without spaces, for the text form."""
        return self.owner.replace(" ", "_")


@dataclass(frozen=True)
class Arrow:
    """Connections that a security group admits, from one part to another."""

    source: Part
    target: Part
    label: str

    @property
    def line(self) -> tuple[float, float, float, float]:
        """The two ends of a straight line from box to box."""
        left, top, width, height = self.source.place
        other_left, other_top, other_width, other_height = self.target.place
        if left + width <= other_left:
            y = (max(top, other_top) + min(top + height, other_top + other_height)) / 2
            return left + width, y, other_left - 3, y
        x = (max(left, other_left) + min(left + width, other_left + other_width)) / 2
        return x, top + height, x, other_top - 3

    @property
    def is_level(self) -> bool:
        """Whether the line is horizontal."""
        return self.line[1] == self.line[3]


@dataclass(frozen=True)
class Diagram:
    """The picture, for the templates."""

    title: str
    vpc: str
    public_subnets: tuple[str, ...]
    private_subnets: tuple[str, ...]
    parts: tuple[Part, ...]
    arrows: tuple[Arrow, ...]
    bottom: int
    """The lower edge of the lowest part."""
    others: tuple[str, ...]
    """Links with peers that are no part, one line each."""


def diagram(production: Production) -> Diagram:
    """Return the picture of production."""
    config, balancer = production.config, production.load_balancer["LoadBalancer"]
    web = production.services[production.web]
    network = web.create.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    parts = {part.owner: part for part in _parts(production)}
    labels: dict[tuple[str, str], list[str]] = {}
    notes = []
    for source, target, label in _links(production):
        if source in parts:
            labels.setdefault((source, target), []).append(label)
        else:
            notes.append(f"{source} to {target}: {label}")
    if ENDPOINTS in parts:
        labels[ENDPOINTS, APIS] = ["TLS"]
    return Diagram(
        title=f"{config.public_host}: account {config.account_id}, {config.region}",
        vpc=f"VPC {production.target_group['TargetGroup'].get('VpcId', '')}, {config.vpc_cidr}",
        public_subnets=tuple(balancer.get("Subnets") or ()),
        private_subnets=tuple(network.get("subnets") or ()),
        parts=tuple(parts.values()),
        arrows=tuple(
            Arrow(parts[source], parts[target], ", ".join(dict.fromkeys(texts)))
            for (source, target), texts in labels.items()
        ),
        bottom=sum(parts[TASKS].place[1::2]),
        others=tuple(notes),
    )


def _places(owners: Iterable[str]) -> dict[str, Place]:
    """Return the place of each part: those behind the tasks one below the other."""
    places, top = {}, _TOP
    for owner in _BACK:
        if owner in owners:
            places[owner] = (770, top, 168, 82)
            top += 82 + _GAP
    bottom = max(top - _GAP, _LEAST_BOTTOM)
    return {
        VISITORS: (16, 187, 92, 46),
        LOAD_BALANCER: (214, _TOP, 164, 190),
        TASKS: (468, _TOP, 200, bottom - _TOP),
        **places,
        APIS: (1012, bottom - 90, 122, 90),
    }


def fitting(text: str, width: int) -> str:
    """Return a text that is no wider than a box; its end is left out."""
    room = int((width - 14) / _CHARACTER)
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _parts(production: Production) -> Iterator[Part]:
    config = production.config
    names: dict[str, list[str]] = {}
    for group, owner in group_chain.owners(production).items():
        names.setdefault(owner, []).append(production.network.groups[group].name)
    balancer = str(production.load_balancer["LoadBalancer"]["Name"])
    tasks = [
        f"{service.name} x {service.create.get('desiredCount', 1)}"
        for service in production.services.values()
    ]
    if production.schedule is not None:
        tasks.append(production.schedule.definition.family)
        tasks.append(f"  {production.schedule.content['ScheduleExpression']}")
    places = _places(names)
    lines = {
        VISITORS: [],
        LOAD_BALANCER: [balancer, "TLS ends here"],
        TASKS: [f"ECS cluster {config.cluster}", *tasks],
        PROXY: ["TLS required"],
        DATABASE: [f"Aurora, schema {config.database.name}", "TLS required"],
        CACHE: ["ElastiCache"],
        ENDPOINTS: [],
    }
    for owner, texts in lines.items():
        # One group for several parts has one owner alone.
        if owner in names or owner in (VISITORS, LOAD_BALANCER, TASKS):
            yield Part(owner, places[owner], tuple(texts), tuple(names.get(owner, ())))
    if ENDPOINTS in names:
        yield Part(APIS, places[APIS], tuple(_apis(production)))


def _apis(production: Production) -> list[str]:
    has = {"bucket": "S3", "queue": "SQS", "identity": "SES"}
    used = [name for key, name in has.items() if key in production.resource_names]
    return [", ".join(used), "Secrets Manager", "ECR, Logs"]


def _links(production: Production) -> Iterator[tuple[str, str, str]]:
    """Go through all that groups of the chain admit: source, target, label."""
    owned = group_chain.owners(production)
    for group in production.network.groups.groups.values():
        target = owned.get(group.id)
        for link in group_chain.links(group) if target else ():
            source = owned.get(link.peer) or (
                VISITORS if target == LOAD_BALANCER and not link.peer.startswith("sg-") else ""
            )
            label = _label(link)
            yield source or link.peer, str(target), label


def _label(link: group_chain.Link) -> str:
    if link.protocol == "-1":
        return "everything"
    ports = link.ports.removeprefix("tcp ")
    return f"TLS {ports}" if link.from_port in _ENCRYPTED_PORTS else ports
