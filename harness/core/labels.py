"""Labels of everything that a run makes on the Docker engine."""

from __future__ import annotations

LABEL_RUN = "cutover.run"
"""Id of the run that made it."""
LABEL_ROLE = "cutover.role"
"""Component, ``task``, ``pause``, ``image``, ``prober`` or ``rules``."""
LABEL_HOME = "cutover.home"
"""The directory with the run's records."""
LABEL_OWNER = "cutover.owner"
"""The process that owns the run, with its start time."""
LABEL_PLACE = "cutover.place"
"""The machine or container of that process."""

LABEL_REHEARSAL = "cutover.rehearsal"
"""In a task definition that a rehearsal on an AWS account registered: the id of its run."""

LABEL_TASK = "cutover.ecs.task"
"""On a pause container: the task as JSON, for control after a restart."""
LABEL_TASK_ID = "cutover.ecs.task-id"
LABEL_SERVICE = "cutover.ecs.service"
"""Name of the service that started the task; empty without one."""
LABEL_STARTED_BY = "cutover.ecs.started-by"
"""startedBy of the task: its service's deployment, the rule, or a scenario."""
LABEL_SECRET_NAMES = "cutover.ecs.secret-names"  # noqa: S105
"""Names of the container's secret variables, separated by commas; never their values."""

LABEL_CONTAINER = "com.amazonaws.ecs.container-name"
LABEL_TASK_ARN = "com.amazonaws.ecs.task-arn"
LABEL_FAMILY = "com.amazonaws.ecs.task-definition-family"
