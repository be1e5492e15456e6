"""Mistakes of a rule beside that of Laravel's scheduler."""

from __future__ import annotations

from scenarios import test_scheduler as scheduler
from scenarios import test_ticks as ticks
from tests.mistakes.edits import add_schedule
from tests.mistakes.mistake import NOT_STARTED, USAGE, Mistake, Twin

MISTAKES = (
    Mistake(
        "a rule of the night runs a command that the app does not have",
        add_schedule("php", "artisan", "tickets:prune"),
        breaks=[ticks.test_task_of_each_further_schedule_succeeds],
        cause='the task that the rule tickets-nightly starts fails: Command "tickets:prune" is not',
        also_green=[scheduler.test_rule_starts_one_task_each_minute],
        twin=Twin(
            "a rule of the night runs a command of Laravel",
            add_schedule("php", "artisan", "queue:prune-failed", "--hours=48"),
        ),
    ),
    Mistake(
        "the role of the rules does not trust the rule of the night",
        add_schedule("php", "artisan", "queue:prune-failed", admitted=False),
        cause="the rule tickets-nightly cannot run its task",
        exit_code=NOT_STARTED,
    ),
    Mistake(
        "a rule of the night runs Laravel's scheduler, too",
        add_schedule("php", "artisan", "schedule:run"),
        cause="is a task that runs schedule:run, as schedule.rule does",
        exit_code=USAGE,
    ),
)
