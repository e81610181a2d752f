"""The folder on disk: whole or not at all, and never over what is not ours."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from minikf.errors import Refused
from minikf.promote import folder
from tests.unit.promote.promote_world import World, job, runtime, service

WORLD = World([service(), job(), runtime()])
OVERLAY = "overlays/default/kustomization.yaml"
ANSWERS = "overlays/default/answers.env"


def files(out: Path) -> dict[str, bytes]:
    return {str(each.relative_to(out)): each.read_bytes() for each in sorted(out.rglob("*")) if each.is_file()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    path = tmp_path / "a folder/prömote"
    WORLD.export("fraud", path)
    return path


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert WORLD.export("fraud", tmp_path / "out").changed
    assert [each.name for each in tmp_path.iterdir()] == ["out"], "nothing is left beside it"


def test_somebody_elses_folder_or_file_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(Refused, match="holds no promotion"):
        WORLD.export("fraud", tmp_path / "out")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Refused, match="is no folder"):
        WORLD.export("fraud", tmp_path / "file")
    assert files(tmp_path) == {"out/mine.txt": b"mine", "file": b"mine"}


def test_answers_and_a_changed_overlay_and_other_files_outlive_the_next_promotion(out: Path) -> None:
    (out / ANSWERS).write_text("# mine\nMODEL_URI_FRAUD=s3://b/fraud=1\nOLD=value\n")
    (out / OVERLAY).write_text((out / OVERLAY).read_text() + "namespace: prod\n")
    (out / "gitops/prod").mkdir(parents=True)
    (out / "gitops/prod/app.yaml").write_text("mine")
    (out / "link").symlink_to("README.md")
    changed = World([service(modelFormat={"name": "onnx"})])
    report = changed.export("fraud", out)
    assert report.changed
    assert report.unanswered == ()
    answers = (out / ANSWERS).read_text()
    assert "\nMODEL_URI_FRAUD=s3://b/fraud=1\n" in answers
    assert "OLD=value" in answers.partition("Nothing asks for these any more")[2]
    assert (out / OVERLAY).read_text().endswith("namespace: prod\n")
    assert (out / "gitops/prod/app.yaml").read_text() == "mine"
    assert (out / "link").is_symlink()
    assert "name: onnx" in (out / "base/resources/inferenceservice-fraud.yaml").read_text()
    assert not changed.export("fraud", out).changed


def test_an_object_that_is_gone_takes_its_file_along(tmp_path: Path) -> None:
    own = runtime("plain", "TrainingRuntime")
    ref = {"name": "plain", "kind": "TrainingRuntime"}
    World([job(runtimeRef=ref), own]).export("learn", tmp_path / "out")
    assert (tmp_path / "out/base/resources/trainingruntime-plain.yaml").exists()
    World([job(), runtime()]).export("learn", tmp_path / "out")
    assert not (tmp_path / "out/base/resources/trainingruntime-plain.yaml").exists()


def test_an_edited_base_is_refused_and_kept(out: Path) -> None:
    path = out / "base/resources/inferenceservice-fraud.yaml"
    path.write_text("mine")
    before = files(out)
    with pytest.raises(Refused, match="were changed since") as refusal:
        WORLD.export("fraud", out)
    assert refusal.value.cause == "base/resources/inferenceservice-fraud.yaml"
    assert files(out) == before


def test_a_removed_file_is_written_again(out: Path) -> None:
    before = files(out)
    (out / "base/kustomization.yaml").unlink()
    shutil.rmtree(out / "overlays")
    assert WORLD.export("fraud", out).changed
    assert files(out) == before


def test_a_new_file_never_replaces_one_of_the_users(out: Path) -> None:
    (out / "base/resources/servingruntime-mine.yaml").write_text("mine")
    with_runtime = World([service(runtime="mine"), runtime("mine", "ServingRuntime")])
    before = files(out)
    with pytest.raises(Refused, match=r"servingruntime-mine\.yaml is in the way"):
        with_runtime.export("fraud", out)
    assert files(out) == before


def test_a_folder_of_another_root_is_refused(out: Path) -> None:
    with pytest.raises(Refused, match="holds the promotion of InferenceService fraud"):
        WORLD.export("learn", out)


@pytest.mark.parametrize("text", ["{", "a: b", "- x", "", "\x00", "apiVersion: minikf/v1alpha1\nkind: Other\n"])
def test_a_damaged_lock_is_refused(out: Path, text: str) -> None:
    (out / "bundle.lock.yaml").write_text(text)
    with pytest.raises(Refused, match="cannot be read"):
        WORLD.export("fraud", out)


def test_the_working_directory_and_a_repository_are_refused(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(out / "base")
    with pytest.raises(Refused, match="not written to as a whole"):
        WORLD.export("fraud", Path(".."))
    monkeypatch.chdir(tmp_path)
    (out / ".git").mkdir()
    with pytest.raises(Refused, match="not written to as a whole"):
        WORLD.export("fraud", out)


def test_a_relative_path_and_a_link_lead_to_the_folder(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to(out)
    World([service(modelFormat={"name": "onnx"})]).export("fraud", Path("link"))
    assert Path("link").is_symlink()
    assert "name: onnx" in (out / "base/resources/inferenceservice-fraud.yaml").read_text()


@pytest.mark.parametrize("fails_at", range(3))
def test_a_failure_while_writing_leaves_the_old_folder(
    out: Path, fails_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the steps on disk fails once, as a full disk or a kill would make it."""
    before = files(out)
    steps = iter(range(100))
    real_rename, real_write = Path.rename, folder._write

    def rename(self: Path, target: Path) -> Path:
        if "minikf" in f"{self}{target}" and target != folder._previous(out) and self != folder._previous(out):
            if fails_at == 1:
                raise OSError(28, "No space left on device", str(target))
            if fails_at == 2:
                raise KeyboardInterrupt
        return real_rename(self, target)

    def write(path: Path, text: str) -> None:
        if fails_at == 0 and next(steps) == 2:
            raise OSError(28, "No space left on device", str(path))
        real_write(path, text)

    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(folder, "_write", write)
    with pytest.raises(KeyboardInterrupt if fails_at == 2 else Refused):
        World([service(modelFormat={"name": "onnx"})]).export("fraud", out)
    assert files(out) == before
    assert [each.name for each in out.parent.iterdir()] == [out.name], "nothing is left beside it"


def test_a_crash_between_the_renames_is_mended_by_the_next_run(out: Path) -> None:
    before = files(out)
    out.rename(folder._previous(out))
    assert not WORLD.export("fraud", out).changed
    assert files(out) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(Refused, match="cannot be read or written"):
        WORLD.export("fraud", tmp_path / "locked/out")


def test_a_place_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be read or written"):
        WORLD.export("fraud", tmp_path / "file/out")
