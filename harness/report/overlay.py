"""The overlay as lines: all that differs from production in the tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def overlay_lines(overlay: Mapping[str, Any]) -> tuple[str, ...]:
    """Return one variable, file, idle container or volume a line; a file's text is not shown."""
    environment = overlay.get("environment", {})
    files = overlay.get("files", {})
    architecture = overlay.get("cpu_architecture", "")
    pairs = files.items() if hasattr(files, "items") else ((path, "") for path in files)
    return (
        *(f"{name}={value}" for name, value in sorted(environment.items())),
        *(f"{path} (file: {_file_source(text)})" for path, text in sorted(pairs)),
        *(f"each task's CPU architecture is {cpu}" for cpu in filter(None, [architecture])),
        *(
            ()
            if overlay.get("connection_sharing", True)
            else ("each client of the proxy has a connection of its own to the database",)
        ),
        *(
            f"{container} idles: its image {image} is not to be had here"
            for container, image in sorted(overlay.get("idle", {}).items())
        ),
        *(
            f"{place} is a volume of this machine, and not {volume}: its files, mount targets and"
            " the user of an access point are not here"
            for place, volume in sorted(overlay.get("volumes", {}).items())
        ),
    )


def _file_source(text: object) -> str:
    return "the stack's CA" if not text or text == "ca" or "CERTIFICATE" in str(text) else str(text)
