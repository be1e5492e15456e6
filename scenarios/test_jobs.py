"""The app's own jobs, which its pages dispatched during the other scenarios, come to a good end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from harness.diagnosis.expect import ExpectationTimeout, expect
from harness.replay.exclusive import exclusive_times
from harness.report import not_covered, proved
from harness.target.clients.browser import TIMEOUT_S
from scenarios.jobs import cause_of, has_trial, lost_jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient
    from harness.target.resources.job_queue import Jobs

BEGAN = datetime.now(UTC)
"""Of this replay: older jobs may be another release's."""
TRIAL_S = 20
"""A job that failed once may be tried again in this time."""


@pytest.fixture
def all_runs(
    probe: ProbeClient, retry_while_unavailable: Callable[[Callable[[], Any]], Any]
) -> Callable[[], list[dict[str, Any]]]:
    """Return the runs of all jobs since the replay began."""
    since = quote(BEGAN.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), safe="")
    return lambda: list(
        retry_while_unavailable(lambda: probe.ask("GET", f"runs?since={since}"))["runs"]
    )


@pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("jobs and their ends are not seen from outside")
)
@pytest.mark.requires("http", "probe", "ecs", "jobs")
@pytest.mark.mutates(runs_last=True)
def test_jobs_of_the_app_come_to_a_good_end(
    web: Callable[[], requests.Session],
    access: Access,
    public_page: str,
    jobs: Jobs,
    until_done: Callable[..., dict[str, Any]],
    probe: ProbeClient,
    all_runs: Callable[[], list[dict[str, Any]]],
    eventually: Callable[..., Any],
    retry_while_unavailable: Callable[[Callable[[], Any]], Any],
) -> None:
    # An exclusive scenario beside this one may keep all web tasks away for a while.
    retry_while_unavailable(probe.whoami)
    web().get(access.public_url + public_page, timeout=TIMEOUT_S)
    job = retry_while_unavailable(jobs.dispatch)
    until_done(job)  # the jobs that the page dispatched are older
    try:
        runs = eventually(
            all_runs,
            until=lambda runs: not has_trial(runs),
            what="jobs may be tried again",
            within_s=TRIAL_S,
        )
    except ExpectationTimeout:
        runs = all_runs()
    lost = lost_jobs(runs, exclusive_times=exclusive_times(access.run_dir))
    causes: dict[str, list[str]] = {}
    for name, failed in lost.items():
        causes.setdefault(cause_of(failed[-1]["error"]), []).append(name)
    several = "; ".join(f"the job {' and '.join(names)}: {why}" for why, names in causes.items())
    expect(
        not lost,
        "; ".join(
            f"the job {name} failed {len(failed)} times and never succeeded: {failed[-1]['error']}"
            for name, failed in lost.items()
        ),
        # The evidence has one cause, and each job its own.
        cause=several if len(causes) > 1 else "",
        certain=len(causes) > 1,
    )
