"""The manifests for Kubernetes are what its schemas say, and hold what the promises need."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import redis
import yaml

from chat.broker.soundness import judged
from tests.architecture.test_deploy import DEPLOY
from tests.chat.test_soundness import seen
from tests.support.valkey import Valkey

VERSION = "1.31"
"""An old release that is still in use; what it knows, newer ones know as well."""
BASE = DEPLOY / "kubernetes" / "base"
OVERLAYS = DEPLOY / "kubernetes" / "overlays"


def read(path: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


KUSTOMIZATION = read(BASE / "kustomization.yaml")[0]
OBJECTS = [one for name in KUSTOMIZATION["resources"] for one in read(BASE / name)]
PODS = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"]
    for one in OBJECTS
    if one["kind"] in {"Deployment", "Job"}
}
DRAINED = ("serve", "worker", "proxy")
NAMES = [f"{one['kind']}/{one['metadata']['name']}" for one in OBJECTS]


def of(kind: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in OBJECTS if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def container(name: str) -> dict[str, Any]:
    (only,) = PODS[name]["containers"]
    return dict(only)


@pytest.mark.parametrize("at", range(len(OBJECTS)), ids=NAMES)
def test_every_manifest_is_what_the_schema_says(at: int) -> None:
    kubernetes_validate.validate(OBJECTS[at], VERSION, strict=True)


@pytest.mark.parametrize(
    "folder", [BASE, OVERLAYS / "campus", OVERLAYS / "large"], ids=lambda path: path.name
)
def test_every_file_that_is_named_is_there_and_every_file_there_is_named(folder: Path) -> None:
    told = read(folder / "kustomization.yaml")[0]
    made = [name for one in told.get("configMapGenerator", []) for name in one["files"]]
    patched = [one["path"] for one in told.get("patches", []) if "path" in one]
    named = {*told["resources"], *made, *patched}
    assert [name for name in named if not (folder / name).exists()] == []
    assert {path.name for path in folder.iterdir()} == {name for name in named if "/" not in name} | {
        "kustomization.yaml"
    }


def test_the_patches_of_the_large_cell_meet_what_they_change() -> None:
    told = read(OVERLAYS / "large" / "kustomization.yaml")[0]
    for patch in told["patches"]:
        if "path" in patch:
            (change,) = read(OVERLAYS / "large" / patch["path"])
            target = of(change["kind"], change["metadata"]["name"])
            (changed,) = change["spec"]["template"]["spec"]["containers"]
            assert changed["name"] == target["spec"]["template"]["spec"]["containers"][0]["name"]
            continue
        value: Any = of(patch["target"]["kind"], patch["target"]["name"])
        for step in yaml.safe_load(patch["patch"]):
            here = value
            for part in step["path"].strip("/").split("/"):
                here = here[int(part)] if isinstance(here, list) else here[part]
            assert type(here) is type(step["value"]), step["path"]


@pytest.mark.parametrize("name", PODS)
def test_every_pod_gives_its_rights_away(name: str) -> None:
    pod = PODS[name]
    assert pod["serviceAccountName"] == "warmline"
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert [volume for volume in pod["volumes"] if "hostPath" in volume] == []
    assert "memory" in container(name)["resources"]["limits"]


@pytest.mark.parametrize("name", PODS)
def test_no_variable_of_the_cluster_is_taken_for_a_setting(name: str) -> None:
    assert PODS[name]["enableServiceLinks"] is False


def test_the_account_has_no_token_and_the_namespace_takes_nothing_less_strict() -> None:
    assert of("ServiceAccount", "warmline")["automountServiceAccountToken"] is False
    labels = of("Namespace", "warmline")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("name", ["serve", "worker", "migrate"])
def test_secrets_come_by_name_and_stand_in_no_file(name: str) -> None:
    variables = {one["name"]: one for one in container(name)["env"]}
    assert "WARMLINE_SECRET" not in variables
    for variable in ("WARMLINE_DATABASE_URL", "WARMLINE_REDIS_URL"):
        assert set(variables[variable]) == {"name", "valueFrom"}
        assert "secretKeyRef" in variables[variable]["valueFrom"]
    assert [one["kind"] for one in OBJECTS if one["kind"] == "Secret"] == []


@pytest.mark.parametrize("name", DRAINED)
def test_a_new_release_comes_up_before_an_old_one_goes(name: str) -> None:
    told = of("Deployment", name)["spec"]["strategy"]
    assert told == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    budget = of("PodDisruptionBudget", name)["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"] == of("Deployment", name)["spec"]["selector"]["matchLabels"]


@pytest.mark.parametrize("name", ["serve", "proxy"])
def test_what_holds_sockets_has_time_to_drain(name: str) -> None:
    assert container(name)["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "5"]
    assert PODS[name]["terminationGracePeriodSeconds"] >= 45


def test_the_page_with_emergency_lines_outlives_redis_and_the_database() -> None:
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container("serve")[probe]["httpGet"]["path"] == "/livez"


def test_servers_grow_with_connections_and_shrink_slowly() -> None:
    told = of("HorizontalPodAutoscaler", "serve")["spec"]
    metrics = {one["pods"]["metric"]["name"] for one in told["metrics"] if one["type"] == "Pods"}
    assert metrics == {"warmline_open_sockets"}
    assert '"warmline_open_sockets"' in (DEPLOY.parent / "chat" / "meters.py").read_text(encoding="utf-8")
    assert told["minReplicas"] >= 2
    assert "replicas" not in of("Deployment", "serve")["spec"]
    assert told["behavior"]["scaleDown"]["stabilizationWindowSeconds"] >= 600
    assert told["behavior"]["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 600}]


def policies() -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one["spec"] for one in OBJECTS if one["kind"] == "NetworkPolicy"}


def test_nothing_talks_to_anything_unless_it_must() -> None:
    assert policies()["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_only_the_proxy_is_reached_from_outside() -> None:
    for name, policy in policies().items():
        for rule in policy.get("ingress", []):
            assert ("from" in rule) == (name != "proxy"), name
    assert of("Service", "proxy")["spec"]["type"] == "LoadBalancer"
    assert "type" not in of("Service", "serve")["spec"]
    assert "type" not in of("Service", "redis")["spec"]


def test_redis_talks_to_nobody_and_listens_to_ours_only() -> None:
    ours = {"app.kubernetes.io/name": ["serve", "worker", "migrate"]}
    (rule,) = policies()["redis"]["ingress"]
    (source,) = rule["from"]
    (match,) = source["podSelector"]["matchExpressions"]
    assert {match["key"]: match["values"]} == ours
    goes = [name for name, policy in policies().items() if policy["podSelector"] and "egress" in policy]
    assert goes == ["proxy", "outward"]


def test_conversations_lie_in_memory_and_one_redis_goes_before_the_next_comes() -> None:
    (memory,) = [one for one in PODS["redis"]["volumes"] if one["name"] == "memory"]
    assert memory["emptyDir"]["medium"] == "Memory"
    assert of("Deployment", "redis")["spec"]["strategy"] == {"type": "Recreate"}
    resources = container("redis")["resources"]
    assert resources["requests"]["memory"] == resources["limits"]["memory"]


async def test_the_user_of_the_shipped_list_has_the_rights_that_warmline_needs_and_no_dangerous_one() -> None:
    lines = (DEPLOY / "kubernetes" / "users.acl.example").read_text(encoding="utf-8").splitlines()
    default, user = (line.split()[1:] for line in lines)
    password = "violet-kettle"
    told = [
        word if not word.startswith("#") else "#" + hashlib.sha256(password.encode()).hexdigest()
        for word in user
    ]
    with Valkey() as server:
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("ACL", "SETUSER", *told)
        url = server.url.replace("unix://", f"unix://{user[0]}:{password}@")
        shown = await seen(url)
        with redis.Redis.from_url(url) as client:
            for command in (
                ["MONITOR"],
                ["SLOWLOG", "GET"],
                ["CONFIG", "SET", "save", "1 1"],
                ["SHUTDOWN"],
                ["KEYS", "*"],
            ):
                with pytest.raises(redis.exceptions.NoPermissionError):
                    client.execute_command(*command)
    assert [flaw.name for flaw in judged(shown) if flaw.breaks] == []
    assert shown.config is not None
    assert default == ["default", "off", "resetpass"]
