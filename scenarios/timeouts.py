"""The time-outs that a request and a job pass, put in one chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class RequestChain:
    """How long each link of the way of a request waits, in seconds; 0 in PHP is without an end."""

    balancer_s: float
    """The load balancer's idle time-out."""
    nginx_s: float | None
    """nginx's fastcgi_read_timeout; None where it passes nothing to PHP."""
    terminate_s: float
    """PHP-FPM's request_terminate_timeout."""
    execution_s: float
    """PHP's max_execution_time."""

    @property
    def longest_s(self) -> float:
        """How long PHP may work on a request; 0 is without an end."""
        return self.terminate_s or self.execution_s

    def __str__(self) -> str:
        nginx = "none" if self.nginx_s is None else f"{self.nginx_s:g} s"
        return (
            f"load balancer {self.balancer_s:g} s, nginx {nginx}, request_terminate_timeout"
            f" {self.terminate_s:g} s, max_execution_time {self.execution_s:g} s"
        )

    def causes(self) -> Iterator[str]:
        """Go through the links that give up too early, as causes."""
        setting = "request_terminate_timeout" if self.terminate_s else "max_execution_time"
        if not self.longest_s:
            yield (
                "nothing ends a request: max_execution_time is 0 and request_terminate_timeout is"
                " not set, so that each request that hangs keeps a worker of PHP-FPM for ever"
            )
            return
        if self.terminate_s and self.terminate_s < self.execution_s:
            yield (
                f"request_terminate_timeout ({self.terminate_s:g} s) is shorter than"
                f" max_execution_time ({self.execution_s:g} s): PHP-FPM kills a request before PHP"
                " can answer with an error, and visitors get 502"
            )
        if self.balancer_s < self.longest_s:
            yield (
                f"the load balancer's idle time-out ({self.balancer_s:g} s) is shorter than"
                f" {setting} ({self.longest_s:g} s): the visitor gets 504, and PHP works on"
            )
        if self.nginx_s is not None and self.nginx_s < self.longest_s:
            yield (
                f"fastcgi_read_timeout ({self.nginx_s:g} s) is shorter than {setting}"
                f" ({self.longest_s:g} s): nginx answers 504, and PHP works on"
            )


@dataclass(frozen=True)
class MemoryNeed:
    """Memory that the workers of PHP-FPM need at the most, going by those that run."""

    children: int
    """pm.max_children of all pools."""
    each_mib: float
    """The largest worker that runs."""
    others_mib: float
    """Memory that is no worker's own: nginx, the master process, OPcache."""

    @property
    def total_mib(self) -> float:
        """All workers, and the rest."""
        return self.children * self.each_mib + self.others_mib

    def __str__(self) -> str:
        return (
            f"pm.max_children = {self.children} times {self.each_mib:.0f} MiB and"
            f" {self.others_mib:.0f} MiB besides are {self.total_mib:.0f} MiB"
        )


NGINX_FILES = (
    "find -L /etc/nginx -type f '(' -name '*.conf' -o -path '*/sites-enabled/*' ')' -exec cat {} +"
)
PROCESSES = (
    "for process in /proc/[0-9]*; do"
    " printf '%s\\n' \"$(tr '\\0' ' ' < $process/cmdline 2>/dev/null)\";"
    " grep -E '^Rss(Anon|Shmem):' $process/status 2>/dev/null; done"
)
"""Prints the command line of each process, and its memory in kB."""
_WORKER = "php-fpm: pool"


def memory_need(listing: str, *, children: int) -> MemoryNeed | None:
    """Read the memory that a task's processes use; None where PHP-FPM has no worker.

    Memory that a worker shares with the master process is counted as its own; OPcache's, which all
    share, is counted once.
    """
    own: list[tuple[bool, int]] = []
    shared, is_worker = 0, False
    for line in listing.splitlines():
        name, _, rest = line.partition(":")
        if name == "RssAnon":
            own.append((is_worker, int(rest.split()[0])))
        elif name == "RssShmem":
            shared = max(shared, int(rest.split()[0]))
        else:
            is_worker = line.startswith(_WORKER)
    workers = [kib for worker, kib in own if worker]
    if not workers:
        return None
    overhead = sum(kib for worker, kib in own if not worker) + shared
    return MemoryNeed(children, max(workers) / 1024, overhead / 1024)
