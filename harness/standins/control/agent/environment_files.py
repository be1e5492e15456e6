"""Environment files of a task: fetched from S3 as ECS's agent does, and refused in its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from harness.aws import environment_file

WORDS = (
    "ResourceInitializationError: failed to download env files: file download command: non empty"
    " error stream: service call has been retried 1 time(s): "
)


class S3(Protocol):
    """The one call that is used of S3's client."""

    def get_object(self, **kwargs: str) -> Mapping[str, Any]:
        """Return Body and more."""


class EnvironmentFileError(Exception):
    """A file could not be had; the text is ECS's."""


class EnvironmentFiles:
    """Reads the files that a container names."""

    def __init__(self, s3: Callable[[], S3]) -> None:
        self._s3 = s3

    def resolve(self, container: Mapping[str, Any]) -> dict[str, str]:
        """Return a container's variables; of two files with one name, the first wins.

        Raises:
            EnvironmentFileError: A file cannot be had.
        """
        variables: dict[str, str] = {}
        for reference in environment_file.references(container):
            variables = {**self._read(reference), **variables}
        return variables

    def _read(self, reference: str) -> dict[str, str]:
        place = environment_file.place_of(reference)
        if place is None:
            raise EnvironmentFileError(f"{WORDS}InvalidParameter: {reference} is no S3 object")
        bucket, key = place
        try:
            body = self._s3().get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            answer = error.response["Error"]
            raise EnvironmentFileError(f"{WORDS}{answer['Code']}: {answer['Message']}") from error
        except BotoCoreError as error:
            raise EnvironmentFileError(f"{WORDS}RequestCanceled: request canceled") from error
        return environment_file.variables(body.decode("utf-8", "replace"))
