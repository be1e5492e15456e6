"""The address of an object on S3, as SDKs make it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

_GLOBAL_REGION = "us-east-1"
"""The Region that some SDKs leave out."""


def addresses(bucket: str, key: str, *, region: str) -> tuple[str, ...]:
    """Return the addresses of an object, with the bucket in the host."""
    suffix = ".cn" if region.startswith("cn-") else ""
    regions = [f".{region}", ""] if region == _GLOBAL_REGION else [f".{region}"]
    return tuple(f"https://{bucket}.s3{part}.amazonaws.com{suffix}/{key}" for part in regions)
