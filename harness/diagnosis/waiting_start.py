"""Whether a container's start waits in a loop, as a script that waits for a host does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from harness.diagnosis.facts import WaitingStart

_SHELLS = ("sh", "bash", "ash", "dash")
_LOOP = re.compile(r"(?:^|[;&({]|\bdo\b|\bthen\b)\s*(?P<loop>(?:until|while)\s+\S.*)")
_ENDLESS = re.compile(r"while\s+(?:true|:|\[\s+(?:1|true)\s+\]|\(\(\s*1\s*\)\))\s*(?:;|$)")
_REACHES = re.compile(
    r"/dev/tcp/|\b(?:nc|ncat|curl|wget|ping|getent|nslookup|dig|mysql\w*|mariadb[\w-]*|redis-cli"
    r"|pg_isready|fsockopen|stream_socket_client|PDO|mysqli|db:\w+)\b"
)
"""A look at another host."""
_FILE = re.compile(r"\s(?:\[|test)\s+(?:!\s+)?-[Sefrs]\s")
"""A look at a file or socket of the container itself."""


@dataclass(frozen=True)
class _Loop:
    number: int
    """Its line."""
    head: str
    text: str
    """From its first line to its done."""


def waiting_start(
    processes: Iterable[tuple[int, int, str]], *, group: str, read: Callable[[str], str]
) -> WaitingStart | None:
    """Return the loop in which a shell script waits at the moment; None where none does.

    Args:
        processes: Id, parent's id and words of each process of a container.
        group: The service's last word: web, worker.
        read: Gives the text of a file of the container.
    """
    every = list(processes)
    for pid, _, words in every:
        place, script = _script(words, read=read)
        children = [child for _, parent, child in every if parent == pid]
        loops = list(_loops(script)) if script else []
        if len(children) > 1:
            # What waits for a daemon of its own has it as a child beside the loop's command.
            loops = [loop for loop in loops if _FILE.search(loop.head)]
            children = [child for child in children if any(child in loop.text for loop in loops)]
        candidates = [_running(loops, child=child, shell=words) for child in children]
        for loop in filter(None, candidates):
            is_file = bool(_FILE.search(loop.head))
            return WaitingStart(group, loop.head, f"{place}, line {loop.number}", is_file=is_file)
    return None


def _script(words: str, *, read: Callable[[str], str]) -> tuple[str, str]:
    """Return place and text of the script that a process runs; empty where it runs none."""
    shell, _, rest = words.partition(" ")
    if shell.rpartition("/")[2] not in _SHELLS:
        return "", ""
    option, _, text = rest.partition(" ")
    if option.startswith("-"):
        return ("its command", text) if "c" in option else ("", "")
    return option, read(option) if option.startswith("/") else ""


def _loops(script: str) -> Iterator[_Loop]:
    lines = script.splitlines()
    for index, line in enumerate(lines):
        match = None if line.lstrip().startswith("#") else _LOOP.search(line)
        if not match or _ENDLESS.match(match["loop"]):
            continue
        rest = "\n".join([match["loop"], *lines[index + 1 :]])
        text = re.split(r"\bdone\b", rest, maxsplit=1)[0]
        head = re.split(r";\s*do\b|\s+do\b", match["loop"], maxsplit=1)[0].strip()
        yield _Loop(index + 1, head, text)


def _running(loops: list[_Loop], *, child: str, shell: str) -> _Loop | None:
    """Return the loop that runs a command now; None where that is not sure."""
    program, *rest = child.split()
    program = program.rpartition("/")[2]
    # Each step of a start runs PHP: it is the words after it that tell one from another.
    words = [program, *(rest[:2] if program.startswith("php") else ())]
    fits = [loop for loop in loops if child in loop.text]
    if not fits and child != shell:
        fits = [loop for loop in loops if all(_has(loop.text, word=word) for word in words)]
    if not fits and child == shell:
        # A subshell, such as that of a redirection to /dev/tcp.
        fits = loops
    outward = [loop for loop in fits if _REACHES.search(loop.text)]
    chosen = outward if len(fits) > 1 else fits
    return chosen[0] if len(chosen) == 1 else None


def _has(text: str, *, word: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text))
