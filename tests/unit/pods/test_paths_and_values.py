"""Expansion, translation of mount paths, fields and references of pods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikf.embedded import kinds
from minikf.embedded.pods import environment, mounting
from minikf.embedded.pods.expansion import expand
from minikf.embedded.pods.layout import ContainerFolder, PodFolder, all_pods
from minikf.embedded.pods.mounting import NAMESPACE, TRANSLATE, Mount
from minikf.embedded.pods.references import ConfigError, References, field, named_by, resource_field
from minikf.embedded.pods.volumes import File, write_files


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "1"),
        ("x$(A)y$(B)", "x1y2"),
        ("$(NOPE)", "$(NOPE)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$A ${A} $", "$A ${A} $"),
        ("$(A", "$(A"),
        ("$$", "$"),
    ],
)
def test_expansion(text: str, expected: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == expected


MOUNTS = [Mount("models", Path("/real/m"), "/mnt/models"), Mount("sub", Path("/real/s"), "/mnt/models/sub")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/mnt/models", "/real/m"),
        ("/mnt/models/a/b", "/real/m/a/b"),
        ("/mnt/models/sub/x", "/real/s/x"),
        ("--dir=/mnt/models/x", "--dir=/real/m/x"),
        ("file:///mnt/models/x", "file:///real/m/x"),
        ("/mnt/models-other", "/mnt/models-other"),
        ("http://host/mnt/models", "http://host/mnt/models"),
        ("open('/mnt/models/x')", "open('/mnt/models/x')"),
        ("a=/mnt/models", "a=/mnt/models"),
        ("", ""),
    ],
)
def test_translation(text: str, expected: str) -> None:
    assert mounting.translate(text, MOUNTS) == expected


def test_names_of_mount_variables() -> None:
    assert Mount("my-data.1", Path("/x"), "/y").variable == "MY_DATA_1"


@pytest.mark.parametrize("target", ["/", "/proc", "/dev/", "/sys"])
def test_mounts_that_would_hide_the_machine_are_refused(target: str) -> None:
    container = {"volumeMounts": [{"name": "v", "mountPath": target}]}
    with pytest.raises(ConfigError, match="cannot be mounted"):
        mounting.container_mounts(container, {"v": Path("/x")}, {})


@pytest.mark.parametrize("part", ["../up", "/abs", "a/../../b"])
def test_sub_paths_stay_inside(part: str) -> None:
    container = {"volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": part}]}
    with pytest.raises(ConfigError, match="stay inside"):
        mounting.container_mounts(container, {"v": Path("/x")}, {})


def test_working_folders(tmp_path: Path) -> None:
    folder = ContainerFolder(tmp_path)
    assert mounting.working_folder({}, folder, [], NAMESPACE) == (str(folder.work), [])
    assert mounting.working_folder({"workingDir": str(tmp_path)}, folder, [], NAMESPACE) == (str(tmp_path), [])
    cwd, (mount,) = mounting.working_folder({"workingDir": "/no/app"}, folder, [], NAMESPACE)
    assert (cwd, mount.target, mount.source) == ("/no/app", "/no/app", folder.work)
    assert mounting.working_folder({"workingDir": "/no/app"}, folder, [], TRANSLATE) == (str(folder.work), [])
    assert mounting.working_folder({"workingDir": "/mnt/models/x"}, folder, MOUNTS, NAMESPACE)[1] == []


POD: dict[str, Any] = {
    "metadata": {"name": "p", "namespace": "n", "uid": "u", "labels": {"a": "1"}, "annotations": {"k/x": "v"}},
    "spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "1500m"}, "requests": {"memory": "3Mi"}}}]},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metadata.name", "p"),
        ("metadata.namespace", "n"),
        ("metadata.uid", "u"),
        ("metadata.labels['a']", "1"),
        ("metadata.labels['none']", ""),
        ("metadata.annotations['k/x']", "v"),
        ("metadata.labels", 'a="1"'),
        ("spec.serviceAccountName", "default"),
        ("status.hostIP", "127.0.0.1"),
    ],
)
def test_fields(path: str, expected: str) -> None:
    assert field(POD, path) == expected


def test_a_field_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigError, match=r"spec\.magic"):
        field(POD, "spec.magic")


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"resource": "limits.cpu"}, "2"),
        ({"resource": "limits.cpu", "divisor": "1m"}, "1500"),
        ({"resource": "requests.memory"}, str(3 << 20)),
        ({"resource": "requests.memory", "divisor": "1Ki"}, "3072"),
        ({"resource": "requests.cpu", "containerName": "c"}, "2"),
    ],
)
def test_resource_fields(selector: dict[str, str], expected: str) -> None:
    assert resource_field(POD, POD["spec"]["containers"][0], selector) == expected


def test_what_a_pod_names() -> None:
    pod = {
        "spec": {
            "volumes": [
                {"name": "a", "configMap": {"name": "c1"}},
                {"name": "b", "secret": {"secretName": "s1"}},
                {"name": "c", "persistentVolumeClaim": {"claimName": "p1"}},
                {"name": "d", "projected": {"sources": [{"secret": {"name": "s2"}}]}},
            ],
            "containers": [
                {
                    "envFrom": [{"configMapRef": {"name": "c2"}}],
                    "env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "k"}}}, {"name": "Y"}],
                }
            ],
        }
    }
    assert named_by(pod) == {
        (kinds.CONFIG_MAP, "c1"), (kinds.CONFIG_MAP, "c2"), (kinds.PVC, "p1"),
        (kinds.SECRET, "s1"), (kinds.SECRET, "s2"), (kinds.SECRET, "s3"),
    }  # fmt: skip


def refs(**objects: dict[str, Any]) -> References:
    return References(lambda kind, _namespace, name: objects.get(f"{kind.singular}_{name}"), "n")


def test_variables_come_in_order_and_later_ones_win() -> None:
    found = refs(configmap_c={"data": {"A": "map", "B": "map", "not-a-$name": "x"}})
    container = {
        "envFrom": [{"configMapRef": {"name": "c"}}],
        "env": [{"name": "B", "value": "own $(A)"}, {"name": "C", "value": "$(B)"}, {"name": "D"}],
    }
    env = environment.declared(POD, container, found)
    assert env == {"A": "map", "B": "own map", "C": "own map", "D": ""}


def test_what_is_optional_may_be_missing() -> None:
    container = {
        "envFrom": [{"secretRef": {"name": "none", "optional": True}}],
        "env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "none", "key": "k", "optional": True}}}],
    }
    assert environment.declared(POD, container, refs()) == {}


def test_a_value_with_a_null_byte_is_refused() -> None:
    found = refs(secret_s={"data": {"K": "AAE="}})
    with pytest.raises(ConfigError, match="null byte"):
        environment.declared(POD, {"envFrom": [{"secretRef": {"name": "s"}}]}, found)


def test_files_change_all_at_once(tmp_path: Path) -> None:
    place = tmp_path / "v"
    assert write_files(place, {"a": File(b"1", 0o644), "deep/b": File(b"2", 0o400)})
    assert not write_files(place, {"a": File(b"1", 0o644), "deep/b": File(b"2", 0o400)})
    before = (place / "..data").resolve()
    assert ((place / "deep/b").read_bytes(), (place / "deep/b").stat().st_mode & 0o777) == (b"2", 0o400)
    assert write_files(place, {"a": File(b"3", 0o644)})
    assert [path.name for path in place.iterdir() if not path.name.startswith("..")] == ["a"]
    assert (place / "a").read_bytes() == b"3"
    assert not before.exists()


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../evil"])
def test_files_stay_inside_their_volume(tmp_path: Path, path: str) -> None:
    with pytest.raises(ConfigError, match="stay inside"):
        write_files(tmp_path / "v", {path: File(b"", 0o644)})


def test_folders_of_pods(tmp_path: Path) -> None:
    pod = {"metadata": {"namespace": "n" * 63, "name": "x" * 253, "uid": "u" * 36}}
    folder = PodFolder.of(tmp_path, pod)
    folder.ensure()
    (folder.volume("v")).mkdir(parents=True)
    (folder.volume("v") / "f").write_text("")
    folder.volume("v").chmod(0o500)
    assert [one.uid for one in all_pods(tmp_path)] == ["u" * 36]
    folder.remove()
    assert list(all_pods(tmp_path)) == []


def test_the_latest_attempt(tmp_path: Path) -> None:
    folder = ContainerFolder(tmp_path)
    assert folder.latest() == -1
    for name in ("0.run.json", "2.exit.json", "9.log", "10.plan.json", "x.run.json"):
        (tmp_path / name).write_text("{}")
    assert folder.latest() == 2
