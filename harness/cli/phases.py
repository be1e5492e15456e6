"""`cutover preflight`, `cutover phase` and `cutover runbook`: the move, phase by phase."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.command import DIRECTORY, GREEN, RED, USAGE, Command, invocation
from harness.core.errors import ConfigError

if TYPE_CHECKING:
    from harness.phases.account import Account
    from harness.phases.phase import Check, Result

_LAST_PHASE = 6
_CODES = {
    GREEN: "no check is red",
    RED: "a check is red, or none could judge",
    USAGE: "usage, configuration or credentials",
}


@dataclass(frozen=True)
class _Judgement:
    """The options of every command that puts checks."""

    strict: bool
    as_json: bool
    report: Path | None


def _judges(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of checks."""
    profile = click.option("--profile", default="", help="The AWS profile, instead of AWS_PROFILE.")
    strict = click.option("--strict", is_flag=True, help="A check that cannot judge is red, too.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    report = click.option(
        "--report",
        type=DIRECTORY,
        metavar="DIR",
        help="Also write report.json, junit.xml and summary.md there, for a CI server.",
    )

    @wraps(function)
    def command(*, strict: bool, as_json: bool, report: Path | None, **options: Any) -> int:
        return function(judgement=_Judgement(strict, as_json, report), **options)

    return profile(strict(as_json(report(command))))


@click.command(
    cls=Command,
    exit_codes=_CODES,
    examples=("cutover preflight", "cutover preflight --target aws --profile shop-observer"),
)
@click.option(
    "--target",
    type=click.Choice(("files", "aws")),
    default="files",
    show_default=True,
    help="Only the files, or also the AWS account of cutover.toml, which is only observed.",
)
@_judges
def preflight(*, target: str, profile: str, judgement: _Judgement) -> int:
    """Check that everything is there before the first phase: files, and on aws the account."""
    from harness.phases import account
    from harness.phases.catalog import PHASES

    if target == "files" and profile:
        raise click.UsageError("--profile needs --target aws")
    checks = [check for phase in PHASES for check in phase.checks if check.is_readiness]
    call = invocation()
    if target == "files":
        files = account.of_files(call.production)
        return _judge(checks, files, files_only=True, judgement=judgement)
    opened = account.of_aws(call.production, profile=profile or call.environ.get("AWS_PROFILE", ""))
    return _judge(checks, opened, judgement=judgement)


@click.command(
    cls=Command,
    exit_codes=_CODES,
    examples=(
        "cutover phase 4 --check",
        "cutover phase 4 --check --target aws --profile shop-observer",
        "cutover phase 4 --plan",
        "cutover phase 5 --rollback",
    ),
)
@click.argument("number", type=click.IntRange(0, _LAST_PHASE), metavar="N")
@click.option("--check", "mode", flag_value="check", help="Put its checks; without options, too.")
@click.option("--plan", "mode", flag_value="plan", help="Print its steps as commands.")
@click.option("--rollback", "mode", flag_value="rollback", help="Print the commands that undo it.")
@click.option(
    "--target",
    type=click.Choice(("local", "aws")),
    default="local",
    show_default=True,
    help="With --check: the stack that is up, or the AWS account, which is only observed.",
)
@_judges
def phase(
    *, number: int, mode: str | None, target: str, profile: str, judgement: _Judgement
) -> int:
    """Check phase N of the move, or print its steps or its rollback."""
    from harness.phases import account, plan
    from harness.phases.catalog import phase_of

    if target == "local" and profile:
        raise click.UsageError("--profile needs --target aws")
    if judgement.report and mode in ("plan", "rollback"):
        raise click.UsageError("--report needs --check")
    call, chosen = invocation(), phase_of(number)
    if mode in ("plan", "rollback"):
        make = plan.steps if mode == "plan" else plan.rollback
        planned = make(chosen, call.production)
        click.echo(json.dumps(planned.as_json(), indent=2) if judgement.as_json else planned.text())
        return GREEN
    if target == "local":
        opened = account.of_stack(call.production, home=call.location.home)
    else:
        name = profile or call.environ.get("AWS_PROFILE", "")
        opened = account.of_aws(call.production, profile=name)
    return _judge(chosen.checks, opened, judgement=judgement)


@click.command(cls=Command, examples=("cutover runbook --out docs/runbook",))
@click.option(
    "--out",
    type=DIRECTORY,
    required=True,
    metavar="DIR",
    help="Where the files go; the folder is made.",
)
def runbook(*, out: Path) -> int:
    """Write the move as documents, from the app's own files.

    Checklist for the console, runbook with commands, diagram (SVG and Mermaid), the policy of an
    observer. How long things take comes from the last rehearsal on this machine.
    """
    from harness.phases import runbook as documents

    call = invocation()
    pages = documents.pages(call.production, report=_last_report(call.location.home))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(error, option="--out") from error
    click.echo(f"wrote {', '.join(pages)} to {out}")
    return GREEN


def _unwritable(error: OSError, *, option: str) -> ConfigError:
    message = f"{error.filename}: cannot be written: {error.strerror}"
    return ConfigError(message, hint=f"name another folder: {option} DIR")


def _last_report(home: Path) -> dict[str, Any] | None:
    """Return report.json of the last replay on the local stack."""
    from harness.report import json_file
    from harness.target.target import LOCAL

    reports = map(json_file.read, reversed(json_file.directories(home)))
    return next((report for report in reports if report["target"] == LOCAL), None)


def _judge(
    checks: Iterable[Check],
    account: Account,
    *,
    judgement: _Judgement,
    files_only: bool = False,
) -> int:
    from harness.phases import check_report, examination

    strict, report = judgement.strict, judgement.report
    results: list[Result] = []
    examined = _copied(examination.examine(checks, account, files_only=files_only), to=results)
    if judgement.as_json:
        results_as_json = examination.as_json(list(examined), strict=strict)
        click.echo(json.dumps(results_as_json, indent=2))
    else:
        for line in examination.lines(examined):
            click.echo(line)
        click.echo(examination.verdict(results, strict=strict))
    if report:
        try:
            check_report.write(results, account=account, strict=strict, directory=report)
        except OSError as error:
            raise _unwritable(error, option="--report") from error
    return GREEN if examination.is_green(results, strict=strict) else RED


def _copied(results: Iterable[Result], *, to: list[Result]) -> Iterator[Result]:
    for result in results:
        to.append(result)
        yield result
