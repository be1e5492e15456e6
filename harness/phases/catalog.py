"""The phases of the move, in their order."""

from __future__ import annotations

from harness.phases import commands, image_commands, value_commands
from harness.phases.checks import (
    agreement,
    as_file,
    background,
    database,
    image,
    load_balancer,
    network,
    readiness,
    soundness,
    switch,
    web,
)
from harness.phases.phase import Phase, Rollback, Step

PHASES = (
    Phase(
        number=0,
        name="readiness before anything",
        goal="everything that later phases need is there",
        steps=(
            Step("Create the roles", files=("iam.*",)),
            Step(
                "Create the secrets and parameters, and put in their values",
                commands=value_commands.values,
            ),
            Step("Put the environment files into S3", commands=value_commands.environment_files),
            Step("Create the log groups", files=("phases.logs",), needs="phases.logs"),
            Step(
                "Create the image repository",
                files=("phases.registry",),
                needs="phases.registry",
            ),
        ),
        checks=(*readiness.CHECKS, agreement.agreement, soundness.soundness, as_file.LOGS),
        rollback=Rollback(
            "Nothing to undo: nothing leads visitors here.",
            commands.keep_unused,
            keeps="visitors stay on the old host",
        ),
    ),
    Phase(
        number=1,
        name="security and networking",
        goal="the blast radius first",
        steps=(
            Step(
                "Create the VPC and its subnets, routes and endpoints",
                files=("phases.network",),
                needs="phases.network",
            ),
            Step("Create the chain of security groups", files=("network.security_groups",)),
            Step(
                "Request the certificate, and put its validation record into DNS",
                files=("phases.certificate",),
                needs="phases.certificate",
                takes="some minutes to hours",
            ),
            Step(
                "Create the load balancer",
                files=("ecs.load_balancer",),
                operations=("CreateLoadBalancer", "ModifyLoadBalancerAttributes"),
                takes="3 minutes",
            ),
        ),
        checks=(*network.CHECKS, load_balancer.load_balancer),
        rollback=Rollback(
            "Nothing in production yet: delete what is unused, as the teardown has it.",
            commands.keep_unused,
            keeps="visitors stay on the old host",
        ),
    ),
    Phase(
        number=2,
        name="data plane with TLS",
        goal="connections through one place, encrypted",
        steps=(
            Step(
                "Create the database, and RDS Proxy before it; wait until each is available",
                files=("phases.database",),
                needs="phases.database",
                takes="20 minutes",
            ),
            Step("Create the cache", files=("cache.file",), takes="10 minutes"),
        ),
        checks=(*database.CHECKS, as_file.DATABASE),
        rollback=Rollback(
            "Keep the cluster and the proxy, apart from traffic, until the app is healthy.",
            commands.keep_unused,
            keeps="TLS stays required: `--no-require-tls` is no way back",
        ),
    ),
    Phase(
        number=3,
        name="image and boot",
        goal="reproducible builds, deterministic boot",
        steps=(Step("Build, push and scan the images", commands=image_commands.image),),
        checks=(*image.CHECKS, as_file.REGISTRY),
        rollback=Rollback(
            "Put an image that was vetted before under a new tag, and register a revision with it.",
            image_commands.vetted_image,
            keeps="tags that cannot be overwritten stay; running tasks keep their image",
        ),
    ),
    Phase(
        number=4,
        name="web service behind the load balancer",
        goal="traffic only to healthy targets",
        steps=(
            Step("Create the ECS cluster", commands=commands.cluster),
            Step("Create the target group", files=("ecs.target_group",)),
            Step(
                "Create the listeners",
                files=("ecs.load_balancer",),
                operations=("CreateListener", "CreateRule", "AddListenerCertificates"),
                needs="Listeners in the file of ecs.load_balancer",
            ),
            Step("Register the web task definition", files=("services.<web>.task_definition",)),
            Step(
                "Let a task connect to the database with TLS, and read `Connected` in its log: its"
                " exit code is 0 either way",
                commands=commands.connection,
            ),
            Step("Create the web service", files=("services.<web>.service",)),
            Step(
                "Wait until it is steady",
                commands=commands.wait_for_web,
                takes="3 to 10 minutes",
            ),
        ),
        checks=(*load_balancer.CHECKS, *web.CHECKS),
        rollback=Rollback(
            "Lead visitors back to the former revision of the web service.",
            commands.former_revision,
            keeps="no request fails: old tasks stop when the former revision's are healthy;"
            " sessions, uploads and jobs stay",
            rehearsed="former_revision",
        ),
    ),
    Phase(
        number=5,
        name="workers, scheduler, integrations",
        goal="background work out of the request",
        steps=(
            Step("Create the bucket", files=("resources.bucket",)),
            Step("Create the queues", files=("resources.queues",)),
            Step("Verify the identity that mail is sent from", files=("resources.identity",)),
            Step(
                "Let SES keep the mails of rehearsals in their bucket (docs/aws.md)",
                files=("aws.mail_receipt_rule",),
            ),
            Step(
                "Register the other task definitions", files=("services.<other>.task_definition",)
            ),
            Step("Create the other services", files=("services.<other>.service",)),
            Step(
                "Wait until they are steady",
                commands=commands.wait_for_others,
                takes="3 to 10 minutes",
            ),
            Step("Scale the services", files=("phases.scaling",)),
            Step("Register the scheduler's task definition", files=("schedule.task_definition",)),
            Step("Create the rule that runs the scheduler", files=("schedule.rule",)),
            Step(
                "Register the task definitions of the further schedules",
                files=("schedules.*.task_definition",),
            ),
            Step("Create the further schedules", files=("schedules.*.rule",)),
        ),
        checks=(*background.CHECKS, as_file.SCALING),
        rollback=Rollback(
            "Stop the workers and the scheduler.",
            commands.background_off,
            keeps="jobs wait in the queue for its retention period, and are done when they"
            " run again; scheduled runs of the time between are left out",
            rehearsed="scaling_to_zero_and_back or disabled_rule",
            onward=commands.background_on,
        ),
    ),
    Phase(
        number=6,
        name="first run and cutover",
        goal="schema, caches, traffic",
        steps=(
            Step("Run the first run's commands in a web task", commands=commands.first_run),
            Step(
                "Switch the public host's record to the load balancer, and watch it",
                files=("phases.dns",),
                needs="phases.dns",
                commands=commands.watch,
                takes="the record's old TTL",
            ),
        ),
        checks=switch.CHECKS,
        rollback=Rollback(
            "Lead the public host back to the old one; ECS stays up for a quick return.",
            commands.old_host,
            rehearsed="way_back_to_the_old_host",
            keeps="visitors follow within the record's TTL; sessions and data of the minutes"
            " between stay in the new database",
        ),
    ),
)


def phase_of(number: int) -> Phase:
    """Return a phase by its number."""
    return next(phase for phase in PHASES if phase.number == number)
