"""The app's own jobs, which its pages dispatched during the other scenarios, come to a good end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from harness.diagnosis.expect import expect
from harness.replay.exclusive import exclusive_times
from harness.report import not_covered, proved
from scenarios.jobs import lost_jobs

if TYPE_CHECKING:
    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient

BEGAN = datetime.now(UTC)
"""Of this replay: older jobs may be another release's."""


@pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("jobs and their ends are not seen from outside")
)
@pytest.mark.requires("http", "probe", "jobs")
@pytest.mark.read_only(runs_last=True)
def test_jobs_of_the_app_come_to_a_good_end(probe: ProbeClient, access: Access) -> None:
    since = BEGAN.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    runs = probe.ask("GET", f"runs?since={quote(since, safe='')}")["runs"]
    times = exclusive_times(Path(access.run_dir)) if access.run_dir else ()
    lost = lost_jobs(runs, exclusive_times=times)
    expect(
        not lost,
        "; ".join(
            f"the job {name} failed {len(failed)} times and never succeeded: {failed[-1]['error']}"
            for name, failed in lost.items()
        ),
    )
