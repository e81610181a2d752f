"""Notebooks, storage and promotions in three terminals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikf.promote import PromoteReport
from minikf.promote.model import Ref
from minikf.tui.pages.promote import KINDS
from minikf.verbs.notebook import Door
from minikf.views.notebooks.listing import notebooks
from minikf.views.notebooks.questions import HowNotebooksAre, StartNotebook, StopNotebook, WhereToOpen
from minikf.views.promotion.questions import WhatIsWritten, WritePromotion
from minikf.views.promotion.showing import Export, File, Left, Preview
from minikf.views.storage.claims import StorageClass, Used, claims
from minikf.views.storage.looking import DataSet, Kept, Storage
from minikf.views.storage.questions import DeleteClaim, WhatIsStored
from minikf.views.text import now
from tests.tui.fake_feed import train_job
from tests.tui.screen import SIZES, Screen, opened

Object = dict[str, Any]


def notebook(name: str, *, ready: bool = True, stopped: bool = False) -> Object:
    gpu = {"limits": {"nvidia.com/gpu": 1, "cpu": "500m"}}
    return {
        "metadata": {
            "name": name, "namespace": "team", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {"notebooks.kubeflow.org/server-type": "jupyter"}
            | ({"kubeflow-resource-stopped": "2026"} if stopped else {})
            | ({"notebooks.kubeflow.org/last-activity": "2026-01-01T00:00:00Z"} if ready else {}),
        },
        "spec": {"template": {"spec": {
            "containers": [{"name": name, "image": "jupyter", "resources": gpu}],
            "volumes": [{"name": "w", "persistentVolumeClaim": {"claimName": "work"}}],
        }}},
        "status": {"readyReplicas": int(ready)},
    }  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
async def test_notebooks_show_what_they_hold_and_for_how_long_nobody_used_them(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        objects = [notebook("idler"), notebook("sleeper", ready=False, stopped=True)]
        screen.feed.answers[HowNotebooksAre] = lambda _: notebooks(objects, now())
        screen.feed.lists("notebooks", *objects)
        await screen.open("notebooks")
        await screen.sees("idler", "sleeper", "Stopped")
        if size[0] >= 80:
            await screen.sees("IDLE", "GPU", "idle for", "1 nvidia.com/gpu", "workspace work")
        assert all(len(line) <= size[0] for line in screen.lines)
        await screen.press("z")
        await screen.sees("Stop notebook team/idler")
        assert screen.feed.jobs[0].work == StopNotebook("team", "idler")
        screen.feed.jobs[0].end({})
        await screen.press("escape", "j", "u")
        await screen.sees("Start notebook team/sleeper")
        assert screen.feed.jobs[1].work == StartNotebook("team", "sleeper")


async def test_a_notebook_is_opened_with_its_credential_which_nobody_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as screen:
        urls: list[str] = []
        monkeypatch.setattr(screen.app, "open_url", urls.append)
        screen.feed.answers[WhereToOpen] = lambda _: Door("http://127.0.0.1:1/lab?token=hush", "word")
        screen.feed.lists("notebooks", notebook("one"))
        await screen.open("notebooks")
        await screen.sees("one")
        await screen.press("o")
        await screen.sees("its password is in the clipboard")
        assert urls == ["http://127.0.0.1:1/lab?token=hush"]
        assert screen.app.clipboard == "word"
        assert "hush" not in screen.text
        screen.feed.answers[WhereToOpen] = lambda _: RuntimeError("notebook 'one' does not answer: it is stopped")
        await screen.press("o")
        await screen.sees("stopped")
        assert screen.app.place.equivalent() == "minikf notebook list"


def claim(name: str) -> Object:
    return {
        "metadata": {"name": name, "namespace": "team", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"},
        "status": {"phase": "Bound" if name != "waiting" else "Pending", "capacity": {"storage": "4Gi"}},
    }


async def at_storage(screen: Screen) -> None:
    objects = [claim("full"), claim("free"), claim("waiting")]
    pod = {
        "metadata": {"name": "eater", "namespace": "team"},
        "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "full"}}]},
        "status": {"phase": "Running"},
    }
    event = {"involvedObject": {"uid": "waiting"}, "reason": "ProvisioningFailed", "message": "no disk is left"}
    used = {"team/full": Used(3 << 30), "team/free": Used(0)}
    found = Storage(
        claims(objects, [pod], (), [event], used),
        (StorageClass("fast", "disk", default=True, waits=False, reclaim="Delete", grows=False),),
        (DataSet("digits", 2, "v2", 2048, ""),),
        (Kept("artifacts of pipeline runs", 1 << 20, True, "/x"),),
    )
    screen.feed.answers[WhatIsStored] = lambda _: found
    screen.feed.lists("persistentvolumeclaims", *objects)
    await screen.open("storage")
    await screen.sees("full", "free")


@pytest.mark.parametrize("size", SIZES)
async def test_claims_show_what_is_in_them_and_who_has_them(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await at_storage(screen)
        await screen.sees("3 GiB")
        assert screen.order("waiting ", "free ", "full ")[0] == "waiting "
        if size[0] >= 80:
            await screen.sees("eater", "why: ProvisioningFailed: no disk is left", "fast (default)", "digits@v2 2 KiB")
            await screen.sees(">= 1 MiB")
        assert all(len(line) <= size[0] for line in screen.lines)


async def test_a_claim_that_is_mounted_is_not_deleted() -> None:
    async with opened() as screen:
        await at_storage(screen)
        while screen.app.place.selected().name != "full":  # type: ignore[union-attr]
            await screen.press("j")
        await screen.press("ctrl+d")
        await screen.sees("deleted:", no="Type full")
        await screen.press("g")
        while screen.app.place.selected().name != "free":  # type: ignore[union-attr]
            await screen.press("j")
        screen.feed.answers[DeleteClaim] = lambda _: None
        await screen.press("ctrl+d")
        await screen.sees("Type free")
        await screen.press(*"free", "enter")
        await screen.sees("claim team/free is deleted")
        assert DeleteClaim("team", "free") in screen.feed.asked


def shown(*, state: str = "new", out: Path = Path("there")) -> Preview:
    diff = ("--- /dev/null", "+++ README.md", "@@ -0,0 +1 @@", "+hello") if state == "new" else ()
    left = (Left("metadata.uid", "left out", "the API server's own"),)
    ref = Ref("TrainJob", "learn")
    report = PromoteReport(ref, out, False, ("README.md",), (ref,), (), (), (), ("it takes long",))
    return Preview(
        report, (File("README.md", state, "hello", diff),), (Export("TrainJob learn", "a", "b", ("-a", "+b"), left),)
    )


async def at_promotion(screen: Screen) -> None:
    screen.feed.answers[WhatIsWritten] = lambda question: shown(out=question.out)
    for kind in KINDS:
        screen.feed.lists(kind, *([train_job("learn")] if kind == "trainjobs" else []))
    await screen.open("promotion")
    await screen.sees("learn", "TrainJob")


@pytest.mark.parametrize("size", SIZES)
async def test_a_promotion_is_looked_at_and_then_written(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        await at_promotion(screen)
        assert screen.app.place.equivalent() == "minikf promote trainjob/learn -n team --out promote-learn --diff"
        await screen.press("enter")
        await screen.sees("Promote trainjob/learn", "Summary", "1 new")
        await screen.press("j")
        await screen.sees("metadata.uid")
        await screen.press("j")
        await screen.sees("+hello")
        assert all(len(line) <= size[0] for line in screen.lines)
        assert not screen.feed.jobs
        await screen.press("W")
        (job,) = screen.feed.jobs
        assert job.work == WritePromotion("trainjob/learn", "team", Path.cwd() / "promote-learn")
        screen.feed.answers[WhatIsWritten] = lambda question: shown(state="same", out=question.out)
        job.end(shown().report)
        await screen.press("escape", "g")
        await screen.sees("1 same")
        await screen.press("W")
        await screen.sees("exactly")
        assert len(screen.feed.jobs) == 1


async def test_a_promotion_goes_to_another_folder_and_refusals_are_told() -> None:
    async with opened((100, 30)) as screen:
        await at_promotion(screen)
        await screen.press("P")
        await screen.sees("Summary")
        screen.feed.answers[WhatIsWritten] = lambda _: RuntimeError("/other is not empty and holds no promotion")
        await screen.press("slash", "end", *"-2", "enter")
        await screen.sees("it cannot be", "/other is not empty")
        asked = [question for question in screen.feed.asked if isinstance(question, WhatIsWritten)]
        assert asked[-1].out == Path.cwd() / "promote-learn-2"
        await screen.press("W")
        await screen.sees("there is nothing to write")


async def test_nothing_to_promote_is_said() -> None:
    async with opened() as screen:
        for kind in KINDS:
            screen.feed.lists(kind)
        await screen.open("promotion")
        await screen.sees("There is nothing to promote yet")
        await screen.press("enter")
