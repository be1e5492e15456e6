"""Options that describe a public site, and the site that they and cutover.toml make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from harness.core.redact import Secret
    from harness.inputs.production import PublicSite
    from harness.smoke.site import Site

ADDRESS = "ADDRESS[:PORT]"
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _site(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    """Return the URL; an empty one is most likely a variable without a value."""
    if url is not None and not url.strip():
        raise click.BadParameter("it is empty; without it, the URL is that of cutover.toml")
    return url


_OPTIONS = (
    click.argument("url", required=False, callback=_site),
    click.option(
        "--expect",
        "expected",
        multiple=True,
        metavar="ADDRESS",
        help="An address of the new host, or the load balancer's name. May be repeated.",
    ),
    click.option(
        "--old", metavar=ADDRESS, help="The old host: where visitors must no longer land."
    ),
    click.option(
        "--resolver",
        "resolvers",
        multiple=True,
        metavar=ADDRESS,
        help="A DNS resolver, instead of this machine's and three public ones. May be repeated.",
    ),
    click.option(
        "--connect-to",
        multiple=True,
        metavar="HOST[:PORT]",
        help="Connect there instead: before the switch, or past DNS. HOST1:PORT1:HOST2:PORT2"
        " leads from one to the other, as with curl.",
    ),
    click.option(
        "--resolve",
        multiple=True,
        metavar="HOST:PORT:ADDRESS",
        help="Connect to this address, as curl does.",
    ),
    click.option("--ca-file", type=click.Path(exists=True, dir_okay=False), help="Roots to trust."),
    click.option("--health", metavar="PATH", help="The health route, instead of /healthz or /up."),
    click.option("--sign-in", metavar="PATH", help="The sign-in page, instead of /login."),
    click.option(
        "--key-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="File with the probe's key, instead of CUTOVER_PROBE_KEY.",
    ),
    click.option(
        "--key-secret",
        metavar="ARN",
        help="Secret with the probe's key, as a task definition's valueFrom names it. Only this"
        " option uses AWS credentials, for this one call.",
    ),
)


def site_options(function: _Function) -> _Function:
    """Give a command the URL and the options that describe its site."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def read_site(environ: Mapping[str, str], *, cwd: Path, url: str | None, **options: Any) -> Site:
    """Return the site that the options and, if there is one, cutover.toml describe.

    Raises:
        ConfigError: An option cannot be read, or there is no URL.
    """
    from harness.smoke import site as s

    public_site = _known(environ, cwd=cwd, url=url)
    old = options["old"]
    return s.Site(
        url=s.parse_url(url or public_site.url),
        routes=(
            *map(s.parse_connect_to, options["connect_to"]),
            *map(s.parse_resolve, options["resolve"]),
        ),
        resolvers=s.parse_name_servers(options["resolvers"], option="--resolver"),
        authorities=s.parse_name_servers(options.get("authorities", ()), option="--authority"),
        expected=tuple(s.parse_host(name, option="--expect") for name in options["expected"]),
        old=s.parse_endpoint(old, option="--old", port=s.HTTPS_PORT) if old else None,
        key=_key(options["key_file"], secret=options["key_secret"]) or public_site.probe_key,
        mail_to=_mail_address(options.get("mail_to") or ""),
        health_path=s.parse_path(options["health"] or "", option="--health"),
        front_path=(s.parse_front_path(url) if url else "") or public_site.pages.public,
        sign_in_path=s.parse_path(options["sign_in"] or "", option="--sign-in")
        or public_site.pages.sign_in.path,
        session_cookie=public_site.session_cookie,
        probe_path=public_site.probe_path,
        upload_folder=_folder(options.get("folder") or "") or public_site.upload_folder,
        ca_file=_roots(options["ca_file"] or ""),
    )


def _mail_address(text: str) -> str:
    from harness.core.errors import ConfigError

    name, _, domain = text.rpartition("@")
    if text and not (name and "." in domain and text.split() == [text]):
        hint = "write it as operator@shop.example"
        raise ConfigError(f'--mail-to "{text}" is no mail address', hint=hint)
    return text


def _folder(text: str) -> str:
    """Return a folder of the bucket as its objects' keys begin."""
    name = text.strip("/")
    return f"{name}/" if name else ""


def _known(environ: Mapping[str, str], *, cwd: Path, url: str | None) -> PublicSite:
    """Return the site of cutover.toml, unless it is another than that of the URL."""
    from harness.core.errors import ConfigError
    from harness.core.redact import Secret
    from harness.inputs import config
    from harness.inputs.production import PublicSite, public_site
    from harness.smoke.site import parse_url

    key = environ.get("CUTOVER_PROBE_KEY")
    without_file = PublicSite(parse_url(url) if url else "", "", Secret(key) if key else None)
    file = cwd / environ.get("CUTOVER_CONFIG", config.FILE_NAME)
    if url and not file.is_file():
        return without_file
    if not file.is_file():
        raise ConfigError(
            f"there is no URL, and no {file.name} that names one",
            where=str(cwd),
            hint=f"write cutover {click.get_current_context().info_name} https://www.shop.example",
        )
    try:
        site = public_site(environ, cwd=cwd)
    except ConfigError as error:
        if not url:
            raise
        click.echo(f"cutover: {file.name} is not used: {error}", err=True)
        return without_file
    return site if not url or site.url == without_file.url else without_file


def _roots(path: str) -> str:
    """Return the path of a file with certificates."""
    import ssl

    from harness.core.errors import ConfigError

    try:
        if path:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            "the file of --ca-file has no certificate that can be read",
            where=path,
            hint="give a file in PEM, with -----BEGIN CERTIFICATE-----",
        ) from error
    return path


def _key(file: Path | None, *, secret: str | None) -> Secret | None:
    """Return the probe's key of a file or a secret; None if neither is given."""
    from harness.core.errors import ConfigError
    from harness.core.redact import Secret

    if file and secret:
        raise ConfigError("--key-file and --key-secret exclude each other", hint="give one of them")
    if secret:
        return Secret(_key_of_secret(secret))
    if file is None:
        return None
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (UnicodeDecodeError, OSError) as error:
        hint = "give the file with the probe's key alone"
        raise ConfigError(
            "the file of --key-file is no text", where=str(file), hint=hint
        ) from error
    if not key:
        raise ConfigError("the file of --key-file is empty", where=str(file))
    return Secret(key)


def _key_of_secret(text: str) -> str:
    """Return the value that ECS gives to a task for this valueFrom, read with AWS credentials."""
    from harness.aws.value_from import SecretReference, ValueFromError, parse_value_from
    from harness.core.errors import ConfigError
    from harness.target.access import Access
    from harness.target.clients import account, aws

    try:
        reference = parse_value_from(text)
        if not reference.region:
            hint = "write the ARN of a secret, followed by :JSON-KEY::, or of an SSM parameter"
            raise ConfigError(f'--key-secret is "{text}", a name and not an ARN', hint=hint)
        secrets = {"probe": reference.name} if isinstance(reference, SecretReference) else {}
        access = Access(
            public_url="",
            region=reference.region,
            secrets=secrets,
            probe_parameter="" if secrets else text,
        )
        return aws.injected(access, text)
    except ValueFromError as error:
        raise ConfigError(f"--key-secret {error.message}", hint=error.hint) from error
    except (KeyError, ValueError) as error:
        raise ConfigError(
            "the secret of --key-secret has no such key",
            last_answer=str(error),
            hint="end the ARN with :JSON-KEY::, the key that the task definition names",
        ) from error
    except account.call_errors() as error:
        raise ConfigError(
            "the secret of --key-secret cannot be read",
            last_answer=str(error),
            hint="sign in (aws sso login), with secretsmanager:GetSecretValue allowed; or use"
            " --key-file",
        ) from error
