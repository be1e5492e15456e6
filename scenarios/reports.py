"""The probe's reports on an app, and the Artisan command that prints one."""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.core import bundle
from scenarios.laravel import Laravel

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.resources.ecs_exec import ExecResult

CODE = "code"
CONFIGURATION = "configuration"
SCHEDULE = "schedule"
OLDER_PROBE = "not covered: the probe is older: update the package cutover-probe in the app"
"""The reason to skip a scenario for want of an answer that newer probes give."""


_PROBE = bundle.ROOT / "app/packages/cutover-probe/src"
_CLASSES = r"""
$sources = json_decode(gzdecode(base64_decode('%s')), true);
spl_autoload_register(function (string $class) use ($sources): void {
    if (isset($sources[$class])) { eval($sources[$class]); }
});
"""
_REPORT = r"""
$kernel = $app->make(Illuminate\Contracts\Console\Kernel::class);
$command = 'CutoverProbe\\Console\\'.ucfirst($arguments['report']).'Command';
$kernel->registerCommand($app->make($command));
$kernel->call("cutover-probe:{$arguments['report']}");
return ['report' => json_decode($kernel->output(), true)];
"""
_OPENING = "<?php\n\ndeclare(strict_types=1);\n"


def of_task(name: str, *, run_in_task: Callable[..., ExecResult]) -> Any:
    """Have the Laravel of a web task make a report by the probe's classes, without the probe."""
    script = probe_classes() + _REPORT
    return Laravel(run_in_task).ask_or_skip(script, task="", report=name)["report"]


@cache
def probe_classes() -> str:
    """Return the beginning of a script that makes the probe's classes known without the probe."""
    sources = {
        "\\".join(("CutoverProbe", *path.relative_to(_PROBE).with_suffix("").parts)): (
            path.read_text().removeprefix(_OPENING)
        )
        for pattern in ("Code/*.php", "Console/*.php", "SessionRoutes.php")
        for path in sorted(_PROBE.glob(pattern))
    }
    packed = base64.b64encode(gzip.compress(json.dumps(sources).encode(), mtime=0))
    return _CLASSES % packed.decode()


def printing(report: str) -> list[str]:
    """Return the command that prints a report as JSON."""
    return ["php", "artisan", f"cutover-probe:{report}"]
