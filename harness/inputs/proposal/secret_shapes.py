"""The secrets and parameters of a proposed cutover.toml: their shape, with values made up."""

from __future__ import annotations

from collections.abc import Iterator

from harness.aws.value_from import SecretReference, ValueFromError, parse_value_from
from harness.inputs.derivation import DATABASE_URLS
from harness.inputs.document import toml_key, toml_text
from harness.inputs.proposal.folder import Folder


def lines(folder: Folder) -> Iterator[str]:
    """The shape of the secrets that variables are taken from, with values made up."""
    keys: dict[str, dict[str, str]] = {}
    parameters: dict[str, str] = {}
    for variable, value_from in folder.secrets.items():
        try:
            reference = parse_value_from(value_from)
        except ValueFromError:
            continue
        if isinstance(reference, SecretReference):
            keys.setdefault(reference.name, {})[reference.json_key] = variable
        else:
            parameters[reference.text] = variable
    yield "# Every secret with the keys that production's has, and values made up for each stack."
    texts = {name: fields.pop("") for name, fields in sorted(keys.items()) if fields.keys() == {""}}
    if texts:
        yield "[secrets]"
    has_key = "APP_KEY" in {**folder.secrets, **folder.variables}
    for name, variable in texts.items():
        table = (
            "" if has_key else f"; if it is JSON, write [secrets.{toml_key(name)}] with its keys"
        )
        yield f"{toml_text(name)} = {_made_up(variable, folder=folder)}  # {variable}{table}"
    yield from ("",) if texts else ()
    for name, variables in sorted(keys.items()):
        variables.pop("", None)  # beside keys of its own, the whole is their object
        if variables:
            yield f"[secrets.{toml_key(name)}]"
        for key, variable in variables.items():
            if variable == "DB_HOST":
                yield f'# {toml_key(key)} = "..."  # DB_HOST: an endpoint of [database]'
                continue
            yield f"{toml_key(key)} = {_made_up(variable, folder=folder)}  # {variable}"
        yield from ("",) if variables else ()
    if parameters:
        yield "[parameters]"
        for name, variable in sorted(parameters.items()):
            yield f"{toml_text(name)} = {_made_up(variable, folder=folder)}  # {variable}"
        yield ""


def _made_up(variable: str, *, folder: Folder) -> str:
    if variable == "DB_PORT":
        return toml_text("3306")
    if variable in ("DB_USERNAME", "DB_DATABASE"):
        return toml_text(folder.variables.get("DB_DATABASE", "app")[:32])
    if variable in DATABASE_URLS:
        values = folder.derivation.values
        names = ("proxy_endpoint", "cluster_endpoint")
        endpoints = (values[key].text for name in names if (key := f"database.{name}") in values)
        schema = values["database.name"].text if "database.name" in values else "NAME"
        return toml_text(f"mysql://app:made-up@{next(endpoints, 'ENDPOINT')}:3306/{schema}")
    generator = (
        "laravel-key"
        if variable == "APP_KEY"
        else "password"
        if variable.endswith("PASSWORD")
        else "hex"
    )
    return f"{{ generate = {toml_text(generator)} }}"
