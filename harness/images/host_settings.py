"""This machine's mirrors, package indexes, proxies and authorities, for image builds.

Nothing found here is written into a file of the project, nor into an image that is kept: it goes
into the ``.host`` directory of a build context, or into build arguments that Docker forgets.
"""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from harness.core.redact import remember
from harness.images import composer_settings
from harness.images.composer_settings import ComposerSettings

CA_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
APT_SETTINGS = ("Acquire::Check-Valid-Until", "Acquire::Check-Date")
_PIP_URLS = ("index-url", "extra-index-url")
_ASK_TIMEOUT_S = 30


@dataclass(frozen=True)
class BuildHost:
    """The settings of this machine that a build needs."""

    pip: Mapping[str, str] = field(default_factory=dict)
    """pip's settings that make sense in a container: index-url, extra-index-url, trusted-host."""
    proxies: Mapping[str, str] = field(default_factory=dict)
    """``http``, ``https``, ``no`` -> value."""
    ca_pem: bytes = b""
    """Every authority this machine trusts, a company's own included."""
    apt_mirror: str = ""
    """The Debian mirror in apt's sources; empty where this machine is not Debian."""
    apt: Mapping[str, str] = field(default_factory=dict)
    """apt's own settings that a base must share."""
    composer: ComposerSettings = field(default_factory=ComposerSettings)

    def files(self) -> dict[str, bytes]:
        """The ``.host`` directory: for Dockerfiles that copy it, and in no content hash."""
        return {
            **{f".host/composer/{name}": file for name, file in self.composer.files.items()},
            ".host/pip.conf": _pip_conf(self.pip).encode(),
            ".host/uv.toml": _uv_toml(self.pip).encode(),
            ".host/ca.pem": self.ca_pem,
        }

    def build_args(self) -> dict[str, str]:
        """Proxies, under the names that Docker keeps out of an image's history."""
        return {
            name: value
            for scheme, value in self.proxies.items()
            for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper())
        }

    def needs_host_network(self) -> bool:
        """Whether a proxy, an index or the mirror is only reachable on this machine's loopback."""
        urls = [self.apt_mirror, *self.proxies.values(), *self.composer.addresses]
        urls += [url for name in _PIP_URLS for url in self.pip.get(name, "").split()]
        return any(_is_loopback(url) for url in urls)


def detect() -> BuildHost:
    """Ask pip, apt, the proxy variables and OpenSSL on this machine."""
    pip = parse_pip(_ask(sys.executable, "-m", "pip", "config", "list"))
    apt = parse_apt_config(_ask("apt-config", "dump"))
    os_release = Path("/etc/os-release")
    codename = debian_codename(os_release.read_text() if os_release.exists() else "")
    targets = _ask(
        *("apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"),
        "Created-By: Packages",
    )
    proxies = {k: v for k, v in getproxies().items() if k in ("http", "https", "no") and v}
    if "Acquire::http::Proxy" in apt:
        proxies.setdefault("http", apt["Acquire::http::Proxy"])
    for url in (*proxies.values(), *(pip.get(name, "") for name in _PIP_URLS)):
        for part in url.split():
            remember(urlsplit(part).password or "")
    return BuildHost(
        pip={k: v for k, v in pip.items() if k != "cert"},
        proxies=proxies,
        ca_pem=_ca_bundle(pip.get("cert", "")),
        apt_mirror=parse_mirror(targets, codename=codename) if codename else "",
        apt={name: apt[name] for name in APT_SETTINGS if name in apt},
        composer=composer_settings.detect(),
    )


def parse_pip(listing: str) -> dict[str, str]:
    """Read ``pip config list``; variables win over files, and local paths are dropped."""
    values: dict[str, str] = {}
    for line in sorted(listing.splitlines(), key=lambda line: line.startswith(":env:")):
        match = re.fullmatch(r"(?::env:|global|install)\.([\w-]+)='(.*)'", line.strip())
        if match:
            values[match[1]] = match[2].replace("\\n", " ").strip()
    settings = {}
    for name in _PIP_URLS:
        urls = [url for url in values.get(name, "").split() if url.startswith("http")]
        if urls:
            settings[name] = " ".join(urls)
    settings.update({name: values[name] for name in ("trusted-host", "cert") if name in values})
    return settings


def parse_apt_config(dump: str) -> dict[str, str]:
    """Read ``apt-config dump``."""
    return dict(re.findall(r'^([\w:-]+) "(.*)";$', dump, flags=re.MULTILINE))


def debian_codename(os_release: str) -> str:
    """Name this machine's Debian release; empty on anything else."""
    values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', os_release, flags=re.MULTILINE))
    return values.get("VERSION_CODENAME", "") if values.get("ID") == "debian" else ""


def parse_mirror(targets: str, *, codename: str) -> str:
    """Find the mirror of Debian's own archive among apt's index targets."""
    for line in targets.splitlines():
        release, component, uri = (*line.split(maxsplit=2), "", "", "")[:3]
        if release == codename and component == "main" and uri:
            return _mirror_list(uri).rstrip("/")
    return ""


def _mirror_list(uri: str) -> str:
    """Cloud images name a file with one mirror in each line."""
    if not uri.startswith("mirror+file:"):
        return uri
    path = Path(uri.removeprefix("mirror+file:"))
    lines = path.read_text().splitlines() if path.is_file() else []
    return next((line.split()[0] for line in lines if line.startswith("http")), "")


def _pip_conf(pip: Mapping[str, str]) -> str:
    lines = [f"{name} = {value}" for name, value in pip.items()]
    return "\n".join(["[global]", *lines, ""])


def _uv_toml(pip: Mapping[str, str]) -> str:
    lines = []
    if "index-url" in pip:
        lines.append(f'index-url = "{pip["index-url"]}"')
    for setting, option in (
        ("extra-index-url", "extra-index-url"),
        ("trusted-host", "allow-insecure-host"),
    ):
        if setting in pip:
            quoted = ", ".join(f'"{value}"' for value in pip[setting].split())
            lines.append(f"{option} = [{quoted}]")
    return "\n".join([*lines, ""])


def _ca_bundle(pip_cert: str) -> bytes:
    for path in (pip_cert, ssl.get_default_verify_paths().cafile, *CA_BUNDLES):
        if path and Path(path).is_file():
            return Path(path).read_bytes()
    return b""


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _ask(*command: str) -> str:
    """Return the output of a command that only reads; empty when there is none."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_ASK_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
