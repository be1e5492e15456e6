"""The cache's file in each of its forms, and the values derived from it and from the tasks."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.document import read_json
from harness.inputs.files import cache
from harness.inputs.problem import InputError
from harness.inputs.proposal.folder import Folder
from harness.inputs.proposal.proposal import propose
from tests.project import Project, copy_of

ENDPOINT = "master.atelier.k3y9ab.euw3.cache.amazonaws.com"
GROUP: dict[str, Any] = {
    "ReplicationGroupId": "atelier",
    "ReplicationGroupDescription": "sessions",
    "Engine": "valkey",
    "TransitEncryptionEnabled": True,
    "AuthToken": "a token of the pipeline",
}
SERVERLESS = {"ServerlessCacheName": "atelier", "Engine": "valkey", "UserGroupId": "atelier"}


@pytest.fixture
def atelier(tmp_path: Path) -> Project:
    return copy_of("valkey", tmp_path)


def read(tmp_path: Path, *contents: Any) -> cache.Cache:
    path = tmp_path / "cache.json"
    path.write_text("\n".join(map(json.dumps, contents)))
    return cache.read(cache.form(read_json(path)))


def problems(project: Project) -> str:
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project.root)
    return " ".join(str(caught.value).split())


def test_an_input_stands_alone_or_below_its_operation(tmp_path: Path) -> None:
    for content in (GROUP, {"CreateReplicationGroup": GROUP}):
        elasticache = read(tmp_path, content)
        assert (elasticache.name, elasticache.port) == ("atelier", 6379)
        assert elasticache.speaks_tls
        assert elasticache.asks_for_token
        assert not elasticache.has_users
        assert not elasticache.is_cluster


@pytest.mark.parametrize(
    "more",
    [
        {"NumNodeGroups": 3},
        {"ClusterMode": "enabled"},
        {"CacheParameterGroupName": "default.valkey8.cluster.on"},
    ],
)
def test_a_cluster_is_known_by_any_of_its_settings(tmp_path: Path, more: dict[str, Any]) -> None:
    assert read(tmp_path, {**GROUP, **more}).is_cluster


def test_a_serverless_cache_has_tls_and_slots(tmp_path: Path) -> None:
    printed = {
        **SERVERLESS,
        "Status": "available",
        "SecurityGroupIds": ["sg-1"],
        "Endpoint": {"Address": "atelier-k3y9ab.serverless.euw3.cache.amazonaws.com", "Port": 6379},
    }
    for content in (SERVERLESS, {"ServerlessCaches": [printed]}):
        elasticache = read(tmp_path, content)
        assert elasticache.speaks_tls
        assert elasticache.has_users
        assert elasticache.is_cluster
    assert elasticache.security_groups == ("sg-1",)


def test_the_groups_are_those_of_a_printed_cluster(tmp_path: Path) -> None:
    group = {
        "ReplicationGroupId": "atelier",
        "Description": "sessions",
        "ClusterEnabled": False,
        "TransitEncryptionEnabled": True,
        "AuthTokenEnabled": True,
        "NodeGroups": [{"PrimaryEndpoint": {"Address": ENDPOINT, "Port": 6380}}],
    }
    cluster = {"CacheClusterId": "atelier-001", "SecurityGroups": [{"SecurityGroupId": "sg-1"}]}
    elasticache = read(tmp_path, {"ReplicationGroups": [group]}, {"CacheClusters": [cluster]})
    assert elasticache.operation == cache.GROUP
    assert elasticache.security_groups == ("sg-1",)
    assert elasticache.port == 6380
    assert elasticache.asks_for_token


def test_what_elasticache_would_refuse_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs TransitEncryptionEnabled: ElastiCache takes no"):
        read(tmp_path, {**GROUP, "TransitEncryptionEnabled": False})
    with pytest.raises(InputError, match='Engine is "memcached"'):
        read(tmp_path, {"CacheClusterId": "atelier", "Engine": "memcached"})
    with pytest.raises(InputError, match='Engine is "vallkey", which ElastiCache does not have'):
        read(tmp_path, {**GROUP, "Engine": "vallkey"})
    with pytest.raises(InputError, match="has no cache, and one is expected"):
        read(tmp_path, {})
    with pytest.raises(InputError, match="`aws ecs describe-services` prints, and a cache of"):
        read(tmp_path, {"services": []})


def test_endpoint_secret_and_group_are_taken_from_the_other_files(atelier: Project) -> None:
    app = production.load({}, cwd=atelier.root)
    settings = app.config.cache
    assert settings is not None
    assert settings.endpoint == ENDPOINT
    assert (settings.secret, settings.key) == ("atelier/cache", "token")
    assert app.network.cache_groups == ("sg-0c33a7b5d6e7f8104",)
    assert app.worker == "horizon"


def test_an_input_has_its_endpoint_from_the_tasks(atelier: Project) -> None:
    (atelier.root / "cache.json").write_text(json.dumps(GROUP))
    app = production.load({}, cwd=atelier.root)
    assert app.config.cache is not None
    assert app.config.cache.endpoint == ENDPOINT
    (atelier.root / "cache.json").write_text(json.dumps({**GROUP, "ReplicationGroupId": "other"}))
    assert (
        f'cutover.toml: cache.endpoint is "{ENDPOINT}", which is no endpoint of the replication'
        " group other"
    ) in problems(atelier)


def test_a_host_of_one_task_alone_is_named(atelier: Project) -> None:
    path = next(
        file
        for file in atelier.root.rglob("*.json")
        if '"family": "atelier-horizon"' in file.read_text()
    )
    path.write_text(path.read_text().replace(ENDPOINT, ENDPOINT.replace("master", "replica")))
    report = problems(atelier)
    assert f'is "replica{ENDPOINT.removeprefix("master")}" (REDIS_HOST), and the cache' in report


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (f"tls://{ENDPOINT}:6379", "has a port: phpredis finds no such host"),
        (f"redis://{ENDPOINT}", 'has the scheme redis, and REDIS_SCHEME "tls" is put before it'),
    ],
)
def test_a_host_that_phpredis_does_not_find_is_named(
    atelier: Project, host: str, said: str
) -> None:
    for file in atelier.root.rglob("*.json"):
        text = file.read_text()
        file.write_text(text.replace(f'"value": "{ENDPOINT}"', f'"value": "{host}"'))
    assert f'is "{host}" (REDIS_HOST), which {said}' in problems(atelier)


def test_a_password_that_the_cache_does_not_ask_for_is_named(atelier: Project) -> None:
    open_to_all = {key: value for key, value in GROUP.items() if key != "AuthToken"}
    (atelier.root / "cache.json").write_text(json.dumps(open_to_all))
    assert "AuthToken is missing, and the tasks have REDIS_PASSWORD: a cache" in problems(atelier)


def test_drivers_without_a_cache_are_named(atelier: Project) -> None:
    atelier.replace("cutover.toml", '[cache]\nfile = "cache.json"\n', "")
    report = problems(atelier)
    for name in ("SESSION_DRIVER", "CACHE_STORE", "QUEUE_CONNECTION"):
        assert f'is "redis" ({name}), and no cache is configured' in report
    changed = "".join(
        f'{variable} = "database"\n' for variable in ("SESSION_DRIVER", "CACHE_STORE")
    )
    atelier.replace(
        "cutover.toml", "[overlay.files]", f"[overlay.environment]\n{changed}\n[overlay.files]"
    )
    report = problems(atelier)
    assert "no cache is configured" in report
    assert "CACHE_STORE" not in report


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "tls://localhost:6380"])
def test_a_store_in_the_task_itself_is_named(atelier: Project, host: str) -> None:
    atelier.replace("cutover.toml", '[cache]\nfile = "cache.json"\n', "")
    for file in atelier.root.rglob("*.json"):
        file.write_text(file.read_text().replace(ENDPOINT, host))
    assert f'REDIS_HOST "{host}" is the task itself: each task has a store of' in problems(atelier)


@pytest.mark.parametrize("store", ["memcached", "dynamodb"])
def test_a_store_that_a_rehearsal_does_not_have_is_named(atelier: Project, store: str) -> None:
    for file in atelier.root.rglob("*.json"):
        text = file.read_text()
        changed = re.sub(r'("CACHE_STORE",\s*"value": )"redis"', rf'\1"{store}"', text)
        file.write_text(changed)
    problem = f'is "{store}" (CACHE_STORE), and neither the configuration nor a rehearsal has it'
    assert problem in problems(atelier)
    with (atelier.root / "cutover.toml").open("a") as settings:
        settings.write('\n[overlay.environment]\nCACHE_STORE = "array"\n')
    assert production.load({}, cwd=atelier.root).cache is not None


def test_a_group_that_does_not_admit_the_tasks_is_named(atelier: Project) -> None:
    atelier.replace("network/security-groups.json", '"FromPort": 6379', '"FromPort": 6380')
    atelier.replace("network/security-groups.json", '"ToPort": 6379', '"ToPort": 6380')
    atelier.replace("cutover.toml", "[cache]", 'cache_group = "atelier-cache"\n\n[cache]')
    assert "of atelier-cache admits nobody of the tasks of web, horizon" in problems(atelier)


def test_init_takes_the_definition_that_a_schedule_runs(atelier: Project) -> None:
    (atelier.root / "cutover.toml").unlink()
    schedule = json.loads((atelier.root / "schedule.json").read_text())
    family = schedule["Target"]["EcsParameters"]["TaskDefinitionArn"].rpartition("/")[2]
    path = next(
        file for file in atelier.root.rglob("*.json") if f'"family": "{family}"' in file.read_text()
    )
    other = path.with_name("another.json")
    other.write_text(path.read_text().replace(family, "another"))
    proposed = tomllib.loads(propose(Folder(atelier.root)))
    assert proposed["schedule"]["task_definition"] == path.relative_to(atelier.root).as_posix()


def test_init_finds_the_cache_and_the_schedule(atelier: Project) -> None:
    (atelier.root / "cutover.toml").unlink()
    text = propose(Folder(atelier.root))
    assert '[cache]\nfile = "cache.json"\n' in text
    assert '[schedule]\nrule = "schedule.json"\n' in text
    (atelier.root / "cutover.toml").write_text(text)
    app = production.load({}, cwd=atelier.root)
    assert app.cache is not None
    assert app.schedule is not None
    assert app.schedule.group == "default"
