"""The CA certificates of an image: would the app trust RDS Proxy with them?"""

from __future__ import annotations

import re
import ssl

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----")
_AMAZON = re.compile(r"Amazon Root CA [1-4]|Starfield Services Root Certificate Authority - G2")


def problem(path: str, content: bytes | None) -> str:
    """Return why the app could not trust RDS Proxy with this file of the image; empty if it can.

    RDS Proxy's certificates are ACM's, which Amazon Trust Services issues; RDS's own bundle is for
    the database's. https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.SSL.html
    """
    common_names = names(content or b"")
    if not common_names:
        return f"the image has no CA certificates at {path}: install ca-certificates in it"
    if not any(_AMAZON.fullmatch(name) for name in common_names):
        return (
            f"{path} in the image does not have the roots of Amazon Trust Services, which issue RDS"
            " Proxy's certificate: use the file of ca-certificates, not RDS's bundle"
            f" ({common_names[0]})"
        )
    return ""


def names(content: bytes) -> list[str]:
    """Return the common names of the CA certificates in a file."""
    blocks = b"\n".join(_PEM.findall(content))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=blocks.decode("ascii"))
    except (ssl.SSLError, ValueError):
        return []
    common_names = []
    for certificate in context.get_ca_certs():
        subject: tuple[tuple[tuple[str, str], ...], ...] = certificate["subject"]  # type: ignore[assignment]
        common_names += [value for part in subject for name, value in part if name == "commonName"]
    return common_names
