"""Notebooks, storage and promotions on a real platform."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from minikf.errors import Refused
from minikf.kube.rest import RestClient
from minikf.paths import PlatformPaths
from minikf.spec import Access
from minikf.views.asking import Reach
from minikf.views.notebooks.questions import HowNotebooksAre, StartNotebook, StopNotebook, WhereToOpen
from minikf.views.promotion.questions import WhatIsWritten, WritePromotion
from minikf.views.storage.questions import DeleteClaim, WhatIsStored
from tests.embedded.homes import watch
from tests.embedded.views.conftest import Program

REACH = Reach("default")


def test_a_notebook_and_its_claim_from_start_to_end(minikf: Program, platform: Access) -> None:
    minikf("notebook", "create", "seen", "--cpu", "500m", "--memory", "1Gi", "--size", "2Gi")
    try:
        (one,) = (each for each in HowNotebooksAre().answer(REACH) if each.name == "seen")
        assert (one.state, one.cpu, one.memory, one.gpu, one.type) == ("Ready", "500m", "1Gi", "", "jupyter")
        assert one.idle and one.last_activity, "JupyterLab says when it was used last"
        told = minikf("notebook", "list", "--json").data["summary"]
        assert [each["claims"] for each in told if each["name"] == "seen"] == [["seen-workspace"]]
        assert "token=" in WhereToOpen("default", "seen", 1).answer(REACH).address

        file = PlatformPaths.of("default").volumes / "default" / "seen-workspace" / "data"
        file.write_bytes(b"x" * 3_000_000)
        claim = next(each for each in WhatIsStored().answer(REACH).claims if each.name == "seen-workspace")
        assert claim.mounted_by == ("seen-0",) and claim.size == 2 << 30 and claim.state == "Bound"
        assert claim.used is not None and claim.used.bytes >= 3_000_000 and not claim.used.at_least
        with pytest.raises(Refused, match="it is mounted"):
            DeleteClaim("default", "seen-workspace").answer(REACH)
        assert "seen-0" in minikf("storage", "delete", "seen-workspace", "--yes", code=10).err
        assert file.exists()
        assert "seen-0" in minikf("storage", "show", "seen-workspace").out

        events, _ = watch(StopNotebook("default", "seen").steps(REACH))
        assert events[-1].state == "done"
        with pytest.raises(Refused, match="it is stopped"):
            WhereToOpen("default", "seen", 2).answer(REACH)
        claim = next(each for each in WhatIsStored().answer(REACH).claims if each.name == "seen-workspace")
        assert (claim.mounted_by, claim.wanted_by) == ((), ("seen",))
        watch(StartNotebook("default", "seen").steps(REACH))
    finally:
        minikf("notebook", "delete", "seen")
    client, end = RestClient(platform), time.monotonic() + 20
    while any(each["metadata"]["name"] == "seen-0" for each in client.get("/api/v1/namespaces/default/pods")["items"]):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert "is deleted" in minikf("storage", "delete", "seen-workspace", "--yes").out


def test_a_claim_that_cannot_be_bound_says_why_and_data_sets_are_listed(
    minikf: Program, platform: Access, tmp_path: Path
) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "volumeMode": "Block", "resources": {"requests": {"storage": "1Gi"}}}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "block"}, "spec": spec}
    client = RestClient(platform)
    client.call("POST", "/api/v1/namespaces/default/persistentvolumeclaims", body)
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    minikf("data", "add", "rows", str(tmp_path / "rows.csv"))
    end = time.monotonic() + 20
    while True:
        found = WhatIsStored().answer(REACH)
        claim = next(each for each in found.claims if each.name == "block")
        if claim.cause:
            break
        assert time.monotonic() < end
        time.sleep(0.1)
    assert claim.cause.startswith("ProvisioningFailed: volumeMode Block") and claim.rank.name == "BROKEN"
    assert [(one.name, one.newest, one.bytes) for one in found.data_sets if one.name == "rows"] == [("rows", "v1", 8)]
    assert any("data sets" in one.what and one.bytes for one in found.kept)
    said = minikf("storage", "list")
    assert "rows" in said.out and "volumeMode Block" in said.out and "storage class" not in said.out
    assert "every claim is a folder" in said.err
    minikf("storage", "delete", "block", "--yes")


def test_a_promotion_is_shown_before_it_is_written(minikf: Program, flowers: str, tmp_path: Path) -> None:
    out = tmp_path / "promote"
    words = ("promote", f"isvc/{flowers}", "--out", str(out), "--diff")
    said = minikf(*words, code=8)
    assert not out.exists()
    assert "+++ base/resources/inferenceservice-flowers.yaml" in said.out
    assert "metadata.uid: left out, the API server's own" in said.err
    found = WhatIsWritten(f"isvc/{flowers}", "default", out).answer(REACH)
    assert {one.state for one in found.files} == {"new"} and found.changes
    (export,) = found.exports
    assert any(line.startswith("-status:") for line in export.diff)
    events, report = watch(WritePromotion(f"isvc/{flowers}", "default", out).steps(REACH))
    assert report.changed and events[-1].state == "done"
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == {
        one.path for one in found.files
    }
    assert all((out / one.path).read_text() == one.text for one in found.files)
    told = json.loads(minikf(*words, "--json").out)
    assert {one["state"] for one in told["files"]} == {"same"} and told["changes"] is False

    overlay = out / "overlays/default/kustomization.yaml"
    overlay.write_text(overlay.read_text() + "namePrefix: x-\n")
    assert {one.state for one in WhatIsWritten(f"isvc/{flowers}", "default", out, 1).answer(REACH).files} == {
        "same", "yours",
    }  # fmt: skip
    (out / "README.md").unlink()
    again = WhatIsWritten(f"isvc/{flowers}", "default", out, 2).answer(REACH)
    assert [one.path for one in again.files if one.state == "new"] == ["README.md"]
    (out / "base/kustomization.yaml").write_text("mine")
    with pytest.raises(Refused, match="were changed since"):
        WhatIsWritten(f"isvc/{flowers}", "default", out, 3).answer(REACH)
