"""The command line: parse, call, print; every failure becomes one message and an exit code.

Exit codes: 0 green, 1 a scenario (or a test) is red, 2 usage or configuration, 3 the stack could
not be started, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.core.errors import HarnessError

GREEN = 0
RED = 1
USAGE = 2
NOT_STARTED = 3
INTERRUPTED = 130

_EPILOG = """\
exit codes: 0 green · 1 a scenario is red · 2 usage or configuration · 3 the stack could not be
started · 130 interrupted

after `up`, `pytest scenarios -k session` works as any pytest user expects
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser; it imports nothing heavy, so that --help is quick."""
    top = argparse.ArgumentParser(
        prog="bin/cutover",
        description="Rehearse a Laravel app's move to AWS on this machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    rehearse = add("rehearse", "start the stack, replay the scenarios, report, stop")
    rehearse.add_argument("--keep", action="store_true", help="leave the stack up")
    rehearse.add_argument("--vendor", choices=("auto", "composer", "debian"))
    up = add("up", "start the stack and leave it up; a second one reuses it")
    up.add_argument("--vendor", choices=("auto", "composer", "debian"))
    add("verify", "replay the scenarios against the stack that is up; takes pytest's arguments")
    add("smoke", "replay the scenarios that may run against the public URL")
    status = add("status", "say what is up")
    status.add_argument("--json", action="store_true")
    logs = add("logs", "show the logs of a service or of a task's container")
    logs.add_argument("service")
    logs.add_argument("-f", "--follow", action="store_true")
    run = add("exec", "run a command in a service or in a web task: exec SERVICE -- CMD")
    run.add_argument("service")
    add("down", "stop the stack and remove everything it made")
    image = add("images", "list, build or prune the images")
    image.add_argument("action", choices=("list", "build", "prune"))
    image.add_argument("--vendor", choices=("auto", "composer", "debian"))
    add("doctor", "check the engine, disk, memory, registries and leftovers")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words:
        parser().print_help()
        return USAGE
    known, rest = parser().parse_known_args(words)
    if rest and known.command not in ("rehearse", "verify", "smoke", "exec"):
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        return _run(known, [word for word in rest if word != "--"])
    except HarnessError as error:
        print(f"harness: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("harness: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) went away; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GREEN
    except Exception as error:  # noqa: BLE001 - a mistake of ours is said in one line too
        print(f"harness: {_unexpected(error)}", file=sys.stderr)
        return NOT_STARTED


def _unexpected(error: Exception) -> HarnessError:
    """Keep the traceback in a file: it helps whoever mends the harness, and nobody else."""
    import tempfile
    import traceback

    from harness.core.errors import DockerUnavailable
    from harness.core.redact import redact

    if type(error).__module__.partition(".")[0] in ("docker", "requests", "urllib3"):
        return DockerUnavailable(
            "the Docker engine stopped answering, or refused",
            last_answer=str(error),
            hint="restart the engine (an overloaded one can hang), then `bin/cutover down` removes"
            " what is left",
        )

    with tempfile.NamedTemporaryFile(
        "w", prefix="cutover-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(redact("".join(traceback.format_exception(error))))
    return HarnessError(
        f"a mistake in the harness itself: {type(error).__name__}: {error}",
        where=file.name,
        hint="report it with that file; `bin/cutover down` removes what may be left",
    )


def _run(args: argparse.Namespace, rest: list[str]) -> int:
    from harness.cli import commands

    environ = dict(os.environ)
    if getattr(args, "vendor", None):
        environ["CUTOVER_VENDOR"] = args.vendor
    invocation = commands.Invocation(environ=environ, cwd=Path.cwd())
    actions = {
        "rehearse": lambda: commands.rehearse(invocation, keep=args.keep, pytest_args=rest),
        "up": lambda: commands.up(invocation),
        "verify": lambda: commands.verify(invocation, rest),
        "smoke": lambda: commands.smoke(invocation, rest),
        "status": lambda: commands.status(invocation, as_json=args.json),
        "logs": lambda: commands.logs(invocation, args.service, follow=args.follow),
        "exec": lambda: commands.run_in(invocation, args.service, rest),
        "down": lambda: commands.down(invocation),
        "images": lambda: commands.images(invocation, args.action),
        "doctor": lambda: commands.doctor(invocation),
    }
    return actions[args.command]()


if __name__ == "__main__":
    sys.exit(main())
