"""Rules of the house that can be checked: sizes, names, prose, and permitted imports and calls."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.inputs import production

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "harness").rglob("*.py")) + sorted((ROOT / "scenarios").rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

MODULE_LINES = 400
FUNCTION_LINES = 60
PACKAGE_MODULES = 25
SCENARIO_NAME_LENGTH = 60
PRONOUNS = {"what", "whatever", "who", "whoever", "whose"}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc"}
NO_NOUNS_OR_VERBS = {
    *("asked", "found", "given", "here", "kept", "lived", "looked", "made", "mine", "one", "ours"),
    *("said", "seen", "shown", "still", "told", "took"),
}
"""Participles, pronouns and adverbs that name no variable, parameter, field, function or class."""

READS_ENVIRONMENT = {
    "harness/images/buildkit.py",  # hands the variables to the docker command
    "harness/images/composer_settings.py",  # Composer's own variables
    "harness/cli/command.py",  # hands the variables to every other command
    "harness/cli/configuration.py",  # hands the variables to inputs
    "harness/cli/smoke.py",  # CUTOVER_CONFIG and CUTOVER_PROBE_KEY
    "harness/cli/watch.py",  # the same
    "harness/replay/hooks.py",  # hands the variables to config.load
    "harness/replay/replay_state.py",  # CUTOVER_HOME, for the report of a target without a run
    "harness/stack/engine.py",  # Docker's own variables
    "harness/target/clients/aws.py",  # os.devnull only
    "harness/target/clients/emulator.py",  # hides variables from localstack-client
}
SLEEPS = {"harness/core/wait.py"}
IMPORTS_BOTO3 = {
    "harness/inputs/operation_shapes.py",  # models only
    "harness/target/clients",
    "harness/standins/control",
    "harness/standins/emulator/smtp.py",
    "harness/rehearsal/aws_resources.py",  # botocore's errors
}
KNOWS_THE_EMULATOR = {
    "harness/target/clients/emulator.py",
    "harness/standins/emulator/gateway.py",
}
IMPORTS_DOCKER = {
    "harness/images",
    "harness/stack",
    "harness/standins/control",
}


def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text())


def imported(name: str) -> Iterator[str]:
    """Modules imported at run time; imports for annotations only do not count."""
    for node in ast.walk(_without_type_checking(tree(name))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _without_type_checking(module: ast.Module) -> ast.Module:
    nodes = [
        node
        for node in module.body
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return ast.Module(body=nodes, type_ignores=[])


def allowed(name: str, places: set[str]) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


@pytest.mark.parametrize("name", NAMES)
def test_a_module_is_short_and_says_what_it_is_for(name: str) -> None:
    assert len((ROOT / name).read_text().splitlines()) <= MODULE_LINES
    assert ast.get_docstring(tree(name)), f"{name} has no docstring"
    assert Path(name).stem not in FORBIDDEN_NAMES


def test_no_package_is_a_heap() -> None:
    modules = Counter(path.parent.relative_to(ROOT) for path in (ROOT / "harness").rglob("*.py"))
    heaps = {str(package): count for package, count in modules.items() if count > PACKAGE_MODULES}
    assert not heaps, "divide them into packages by nouns"


@pytest.mark.parametrize("name", NAMES)
def test_functions_are_short(name: str) -> None:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= FUNCTION_LINES, f"{name}:{node.lineno} {node.name} has {lines} lines"


@pytest.mark.parametrize("name", NAMES)
def test_only_the_named_modules_read_the_environment_sleep_or_import(name: str) -> None:
    text = (ROOT / name).read_text()
    if not allowed(name, READS_ENVIRONMENT):
        assert not re.search(r"os\.(environ|getenv)\b", text), f"{name} reads the environment"
    if not allowed(name, SLEEPS):
        assert "time.sleep(" not in text, f"{name} sleeps"
    modules = {module.split(".")[0] for module in imported(name)}
    if not allowed(name, IMPORTS_BOTO3):
        assert not modules & {"boto3", "botocore", "localstack_client"}, f"{name} imports boto3"
    if not allowed(name, IMPORTS_DOCKER):
        assert not modules & {"docker", "testcontainers"}, f"{name} imports docker"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("package", ["control", "emulator"])
def test_nothing_but_its_own_imports_what_runs_in_a_container(name: str, package: str) -> None:
    if not name.startswith(f"harness/standins/{package}/"):
        own = f"harness.standins.{package}"
        assert not [module for module in imported(name) if module.startswith(own)]


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("harness/")])
def test_only_two_adapters_know_which_emulator_runs(name: str) -> None:
    knows = "localstack" in (ROOT / name).read_text().lower()
    assert knows == (name in KNOWS_THE_EMULATOR), name


@pytest.mark.parametrize("name", NAMES)
def test_no_client_comes_from_the_default_session_of_boto3(name: str) -> None:
    calls = {ast.unparse(node.func) for node in ast.walk(tree(name)) if isinstance(node, ast.Call)}
    assert not calls & {"boto3.client", "boto3.resource", "boto3.setup_default_session"}, name


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("scenarios/")])
def test_scenarios_never_ask_which_target_they_run_on(name: str) -> None:
    assert not re.search(r"target\.name", (ROOT / name).read_text())


@pytest.mark.parametrize("name", NAMES)
def test_the_first_line_of_a_docstring_hinges_on_no_pronoun(name: str) -> None:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Expr) and isinstance(text := node.value, ast.Constant):
            line = str(text.value).strip().partition("\n")[0]
            assert not set(re.findall(r"\w+", line.lower())) & PRONOUNS, f"{name}: {line}"


@pytest.mark.parametrize("name", NAMES)
def test_names_are_nouns_or_verbs(name: str) -> None:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound = node.name.strip("_")
        elif isinstance(node, ast.arg):
            bound = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound = node.id
        else:
            continue
        assert bound not in NO_NOUNS_OR_VERBS, f"{name}:{node.lineno}: {bound}"


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("scenarios/")])
def test_scenarios_have_short_names(name: str) -> None:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            assert len(node.name) <= SCENARIO_NAME_LENGTH, node.name


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("harness/")])
def test_the_harness_knows_no_page_of_the_ticket_shop(name: str) -> None:
    assert not re.search(r"""["'](?:/orders|/events)|organiser""", (ROOT / name).read_text())


SHOP = re.compile(r"tickets|876events|/orders|/(?:events|login|register)|events\.|organiser")
"""The reference app's own names, in a text."""
PLATFORM = [n for n in NAMES if n.startswith("scenarios/") and "/tickets/" not in n]


@pytest.mark.parametrize("name", PLATFORM)
def test_a_platform_scenario_knows_no_page_service_or_secret_of_an_app(name: str) -> None:
    toml = tomllib.loads((ROOT / "cutover.toml").read_text())
    keys = {key for secret in toml["secrets"].values() for key in secret} - {"username", "password"}
    own = {"web", *toml["secrets"], *keys}
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert node.value not in own, f"{name}:{node.lineno}: {node.value}"
            assert not SHOP.search(node.value), f"{name}:{node.lineno}: {node.value}"
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            assert not ast.unparse(node.value).endswith("services"), f"{name}:{node.lineno}"


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("harness/")])
def test_only_the_edges_print_or_exit(name: str) -> None:
    calls = {ast.unparse(node.func) for node in ast.walk(tree(name)) if isinstance(node, ast.Call)}
    edges = {
        "harness/cli/command.py",  # hands the variables to every other command
        "harness/cli/configuration.py",  # hands the variables to inputs
        "harness/cli/account_commands.py",
        "harness/cli/main.py",
        "harness/cli/commands.py",
        "harness/rehearsal/current_stack.py",
        "harness/core/progress.py",
        "harness/report/terminal.py",
        "harness/standins/control/__main__.py",
    }
    if name not in edges:
        assert not calls & {"print", "sys.exit", "exit", "pytest.exit"}, name


def reference_names() -> set[str]:
    """Names and places of the reference app, which another app does not have."""
    app = production.load({}, cwd=ROOT)
    config, services = app.config, app.services.values()
    names = {
        *(config.account_id, config.region, config.cluster, config.database.name),
        *(service.name for service in services),
        *(service.definition.family for service in services),
        *app.resource_names.values(),
        *app.network.groups.groups,
        *config.writable_paths[:1],
        str(app.target_group["TargetGroup"]["HealthCheckPath"]),
        config.public_url.rpartition("//")[2].partition(".")[2],
    }
    return {name for name in names if name}


def texts_and_numbers(name: str) -> Iterator[tuple[int, object]]:
    """Each constant of a module's code, with its line; docstrings are none."""
    module = tree(name)
    docs = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and id(node) not in docs:
            yield node.lineno, node.value


@pytest.mark.parametrize("name", [n for n in NAMES if re.fullmatch(r"scenarios/\w+\.py", n)])
def test_a_scenario_knows_nothing_of_the_reference_app(name: str) -> None:
    known = reference_names()
    (port,) = {
        entry["containerPort"]
        for service in production.load({}, cwd=ROOT).services.values()
        for entry in service.create.get("loadBalancers", ())
    }
    for line, value in texts_and_numbers(name):
        assert value != port, f"{name}:{line} has the reference app's port"
        if isinstance(value, str):
            words = [word for word in known if re.search(rf"\b{re.escape(word)}\b", value)]
            assert not words, f"{name}:{line} names {', '.join(words)} of the reference app"


@pytest.mark.parametrize(
    "name", [n for n in NAMES if n.startswith(("harness/standins/", "harness/aws/"))]
)
def test_no_arn_is_formed_for_one_partition(name: str) -> None:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.JoinedStr):
            assert "arn:aws:" not in ast.unparse(node), f"{name}:{node.lineno}"
