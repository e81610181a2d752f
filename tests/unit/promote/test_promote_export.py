"""From objects to a folder that kubectl renders, with the target's answers in their places."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minikf.errors import Refused
from minikf.promote.discovery import Source
from minikf.promote.laptop import Laptop
from minikf.promote.model import Object
from minikf.promote.pipeline import export_from
from tests.unit.promote.promote_world import LAPTOP, World, config, env, job, runtime, secret, service

KUBECTL = shutil.which("kubectl")
needs_kubectl = pytest.mark.skipif(KUBECTL is None, reason="kubectl, which renders the folder, is not on PATH")


class _Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: a lone = is a text."""


_Loader.add_constructor("tag:yaml.org,2002:value", yaml.SafeLoader.construct_yaml_str)


def kustomize(folder: Path) -> dict[str, Object]:
    """What kubectl renders, by KIND/NAME; every warning of kubectl fails the test."""
    done = subprocess.run([str(KUBECTL), "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    documents = [each for each in yaml.load_all(done.stdout, _Loader) if each]
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in documents}


def answer(out: Path, **values: str) -> None:
    path = out / "overlays/default/answers.env"
    text = path.read_text()
    for name, value in values.items():
        assert f"\n{name}=" in text, f"{name} is not asked for"
        lines = [f"{name}={value}" if line.startswith(f"{name}=") else line for line in text.split("\n")]
        text = "\n".join(lines)
    path.write_text(text)


def written(out: Path) -> dict[str, str]:
    return {str(each.relative_to(out)): each.read_text() for each in sorted(out.rglob("*")) if each.is_file()}


CODE = 'import x\n# see http://localhost:8888\nopen("/home/me/data.csv"); y = "http://127.0.0.1:9000/a"\n'
WORLD = World(
    [
        service(),
        job(
            runtime="plain-python",
            trainer={
                "command": ["bash", "-c"],
                "args": [CODE, "--url=http://127.0.0.1:9000/a"],
                "env": [
                    {"name": "MLFLOW_TRACKING_URI", "value": "http://127.0.0.1:5000"},
                    env("TOKEN", "key", "secretKeyRef"),
                    env("LEVEL", "settings", key="level"),
                ],
            },
            initializer={"dataset": {"storageUri": "file:///home/me/data"}},
        ),
        runtime("plain-python", image=""),
        config("settings", level="1e3", **{"app.properties": "a=1\n  url=http://localhost:7/x, b\nz=y\n"}),
        secret("key", k="s3cr3t-value"),
    ]
)


@needs_kubectl
def test_base_and_overlay_render_and_the_overlay_with_what_was_filled_in(tmp_path: Path) -> None:
    out = tmp_path / "promote"
    report = WORLD.export("trainjob/learn", out)
    assert [str(ref) for ref in report.objects] == [
        "TrainJob learn",
        "TrainingRuntime plain-python",
        "ConfigMap settings",
    ]
    base, overlay = kustomize(out / "base"), kustomize(out / "overlays/default")
    assert base.keys() == overlay.keys() == {"TrainJob/learn", "TrainingRuntime/plain-python", "ConfigMap/settings"}
    assert overlay["TrainJob/learn"]["spec"]["initializer"]["dataset"]["storageUri"] == "${DATA_URI_LEARN}"

    order = [each for each in base if each != "TrainJob/learn"]
    assert list(base) == list(overlay) == [*order, "TrainJob/learn"], "what is needed comes first"
    answer(
        out,
        DATA_URI_LEARN="s3://bucket/data",
        MLFLOW_TRACKING_URI_LEARN="http://mlflow.team.svc",
        ADDRESS_LEARN="# see the handbook",
        PATH_LEARN="/mnt/data.csv",
        ADDRESS_LEARN_2='http://api.team.svc/"a"',
        IMAGE_PLAIN_PYTHON="python:3",
        ADDRESS_SETTINGS="  url=http://seven/x, b",
    )
    done = kustomize(out / "overlays/default")
    trainer = done["TrainJob/learn"]["spec"]["trainer"]
    assert trainer["args"] == [
        'import x\n# see the handbook\nopen("/mnt/data.csv"); y = "http://api.team.svc/"a""\n',
        '--url=http://api.team.svc/"a"',
    ]
    assert trainer["env"][0]["value"] == "http://mlflow.team.svc"
    assert done["TrainJob/learn"]["spec"]["initializer"]["dataset"]["storageUri"] == "s3://bucket/data"
    assert done["ConfigMap/settings"]["data"] == {
        "level": "1e3",
        "app.properties": "a=1\n  url=http://seven/x, b\nz=y\n",
    }
    [replicated] = done["TrainingRuntime/plain-python"]["spec"]["template"]["spec"]["replicatedJobs"]
    assert replicated["template"]["spec"]["template"]["spec"]["containers"] == [{"name": "node", "image": "python:3"}]


def test_nothing_of_the_laptop_and_no_secret_is_in_the_folder(tmp_path: Path) -> None:
    for number, root in enumerate(("trainjob/learn", "isvc/fraud")):
        out = tmp_path / str(number)
        report = WORLD.export(root, out)
        for path, text in written(out).items():
            assert LAPTOP.spans(text) == [], path
            assert "s3cr3t-value" not in text, path
        assert set(report.unanswered) == {each.name for each in report.placeholders}
    assert [(need.kind, need.name) for need in WORLD.export("learn", tmp_path / "0").needs] == [("Secret", "key")]


def test_the_base_is_the_layout_of_the_design(tmp_path: Path) -> None:
    out = tmp_path / "promote"
    WORLD.export("fraud", out)
    assert list(written(out)) == [
        "README.md",
        "base/kustomization.yaml",
        "base/resources/inferenceservice-fraud.yaml",
        "bundle.lock.yaml",
        "overlays/default/answers.env",
        "overlays/default/kustomization.yaml",
        "overlays/default/replacements.yaml",
    ]
    service = yaml.safe_load((out / "base/resources/inferenceservice-fraud.yaml").read_text())
    assert service == {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "fraud"},
        "spec": {
            "predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "${MODEL_URI_FRAUD}"}},
        },
    }
    lock = yaml.safe_load((out / "bundle.lock.yaml").read_text())
    canonical = json.dumps(service, sort_keys=True, separators=(",", ":")).encode()
    assert lock["objects"][0]["digest"] == f"sha256:{hashlib.sha256(canonical).hexdigest()}"


def test_the_lock_knows_the_model_by_its_checksum(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "model/sub").mkdir(parents=True)
    (home / "model/b.bin").write_bytes(b"b" * 3_000_000)
    (home / "model/sub/a").write_bytes(b"a")
    (home / "one").write_bytes(b"one")
    laptop = Laptop((), (str(home),))
    locks: list[Any] = []
    for name in ("one", "model", "gone"):
        world = World([service(storageUri=f"file://{home}/{name}")])
        out = tmp_path / f"out-{name}"
        report = world.export("fraud", out, laptop=laptop)
        locks.append(yaml.safe_load((out / "bundle.lock.yaml").read_text())["placeholders"][0])
    assert locks[0]["content"] == {"digest": f"sha256:{hashlib.sha256(b'one').hexdigest()}", "bytes": 3}
    find = r"find . -type f | sed 's|^\./||' | LC_ALL=C sort | tr '\n' '\0' | xargs -0 sha256sum | sha256sum"
    shown = subprocess.run(["bash", "-c", find], cwd=home / "model", capture_output=True, text=True, check=True)
    assert locks[1]["content"] == {"digest": f"sha256:{shown.stdout.split()[0]}", "bytes": 3_000_001}
    assert "content" not in locks[2]
    assert any("checksum is not known" in warning for warning in report.warnings)


def test_the_same_objects_give_the_same_bytes(tmp_path: Path) -> None:
    first = WORLD.export("learn", tmp_path / "a")
    assert first.changed
    backwards: Source = World(list(reversed(WORLD.objects)))
    export_from(backwards, LAPTOP, ("learn",), tmp_path / "b", None)
    assert written(tmp_path / "a") == written(tmp_path / "b")
    assert not WORLD.export("learn", tmp_path / "a").changed


def test_a_key_with_a_laptop_address_is_refused(tmp_path: Path) -> None:
    root = job(trainer={"env": [env("A", "settings", key="k")]})
    root["metadata"]["annotations"] = {"localhost/x": "y"}
    with pytest.raises(Refused, match="'localhost/x', an address of this machine"):
        World([root, runtime(), config("settings", k="v")]).export("learn", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@needs_kubectl
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    parts=st.lists(
        st.one_of(
            st.sampled_from(
                ["http://localhost:1/a", "/home/me/x", "file:///m", "127.0.0.1", "\n", "  ", '"', "=", ","]
            ),
            st.text(alphabet="ab:;('\"=\n #${}\\é-1e", max_size=6),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_text_comes_back_when_the_answers_are_what_was_there(
    parts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Filled in with the laptop's own values, the overlay renders exactly what was on the laptop."""
    text = "".join(parts)
    root = job(trainer={"args": [text], "env": [env("A", "settings", key="k")]})
    out = tmp_path_factory.mktemp("any") / "promote"
    World([root, runtime(), config("settings", k=text)]).export("learn", out)
    for path, content in written(out).items():
        assert LAPTOP.spans(content) == [], path
    kustomize(out / "overlays/default")
    fill(out, text)
    done = kustomize(out / "overlays/default")
    assert done["TrainJob/learn"]["spec"]["trainer"]["args"] == [text]
    assert done["ConfigMap/settings"]["data"]["k"] == text


def fill(out: Path, text: str) -> None:
    """Answers every placeholder with what it stands for, by walking the rendered text beside the original."""
    from minikf.promote.placeholders import detach

    root = job(trainer={"args": [text], "env": [env("A", "settings", key="k")]})
    detached = detach((root, config("settings", k=text)), LAPTOP)
    values = dict(detached.origins)
    for placeholder in detached.placeholders:
        if placeholder.name not in values:
            [target] = placeholder.targets
            values[placeholder.name] = text.split("\n")[target.index] if target.delimiter else text
    if values:
        answer(out, **values)
