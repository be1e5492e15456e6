"""The commands about images: list, build and prune them, carry them to another machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harness.cli.command import FILE, GREEN, USAGE, Command, invocation

if TYPE_CHECKING:
    import docker

    from harness.cli.commands import Invocation
    from harness.images.builder import ImageSet

_VENDORS = click.Choice(("auto", "composer", "debian"))
_Function = TypeVar("_Function", bound="Callable[..., Any]")


def vendor_option(function: _Function) -> _Function:
    """Give a command the option that chooses the source of the app's PHP packages."""
    text = "Where the app's PHP packages come from; auto asks whether Packagist answers"
    return click.option("--vendor", type=_VENDORS, help=f"{text}.")(function)


@click.group()
def images() -> None:
    """List, build, prune or carry the images."""


images.command_class = Command


@images.command(name="list", examples=("cutover images list",))
def list_images() -> int:
    """List the harness's images, newest first."""
    from harness.images import engine_images
    from harness.stack import engine

    for line in engine_images.listing(engine.connect()):
        click.echo(line)
    return GREEN


@images.command(name="build", examples=("cutover images build --vendor composer",))
@vendor_option
def build_images(*, vendor: str | None) -> int:
    """Build the images that are missing."""
    from harness.stack import engine

    _build(engine.connect(), invocation(CUTOVER_VENDOR=vendor))
    return GREEN


def _build(client: docker.DockerClient, call: Invocation) -> ImageSet:
    from harness.core import progress, runs
    from harness.images import builder
    from harness.rehearsal.session import sigterm_as_interrupt

    run = runs.new_run(call.production.config.home)
    try:
        with sigterm_as_interrupt(), progress.displayed() as show:
            return builder.build_for(client, call.production, run=run, progress=show)
    finally:
        run.set_state(runs.STATE_STOPPED)


@images.command(name="prune", examples=("cutover images prune",))
def prune_images() -> int:
    """Remove images that a newer one has replaced."""
    from harness.images import engine_images
    from harness.stack import engine

    for tag in engine_images.prune(engine.connect()):
        click.echo(f"removed {tag}")
    return GREEN


@images.command(
    name="export",
    exit_codes={GREEN: "written", USAGE: "usage, configuration, or the file cannot be written"},
    examples=("cutover images export cutover-images.tar",),
)
@vendor_option
@click.argument("file", type=FILE)
def export_images(*, file: Path, vendor: str | None) -> int:
    """Write all images of a rehearsal of this app into FILE, for a machine without a network.

    Images that are missing are built first.
    """
    from harness.images import archive, builder
    from harness.stack import engine

    call, client = invocation(CUTOVER_VENDOR=vendor), engine.connect()
    built = _build(client, call)
    inventory = builder.look_up(client, builder.plan_for(call.production))
    manifest = archive.export(client, inventory, vendor=built.vendor, path=file)
    size = file.stat().st_size / 1e6
    click.echo(
        f"{file.name}: {len(manifest.images)} images, {size:.0f} MB; `cutover images import`"
    )
    return GREEN


@images.command(
    name="import",
    exit_codes={
        GREEN: "the images are there",
        USAGE: "usage, configuration, or the file is damaged, foreign or for another engine",
    },
    examples=("cutover images import cutover-images.tar",),
)
@click.argument("file", type=FILE)
def import_images(*, file: Path) -> int:
    """Load the images of FILE, after a check of every byte; then a rehearsal builds nothing."""
    from harness.images import archive, builder, vendor
    from harness.inputs.problem import InputError
    from harness.stack import engine

    manifest = archive.read(file)
    client = engine.connect()
    archive.check(file, manifest, architecture=archive.architecture_of(client))
    loaded = archive.load(client, file, manifest)
    click.echo(f"{len(manifest.images)} images {'loaded' if loaded else 'are there already'}")
    call = invocation()
    try:
        production = call.production
    except InputError as error:
        click.echo(f"{len(error.problems)} problems of the inputs: `cutover config check` has them")
        return GREEN
    vendor.keep_vendor(manifest.vendor, home=production.config.home)
    missing = builder.look_up(client, builder.plan_for(production)).missing
    if missing:
        click.echo(
            f"a rehearsal still builds {', '.join(missing)}: the files here are not those of the"
            " export"
        )
    else:
        click.echo("a rehearsal builds nothing")
    return GREEN
