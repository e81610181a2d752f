"""`minikf status`, `events` and `usage` of a platform on which a TrainJob fails and a quota is full."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from minikf.spec import Access
from minikf.views.asking import Reach
from minikf.views.home.ask import AskHome
from minikf.views.home.chain import Chain
from minikf.views.home.questions import AskObject, AskUsage, Repair
from minikf.views.home.usage import rates
from tests.embedded.homes import Home

_BROKEN = 'print("reading")\nraise SystemExit("the data set /data/none is not there")\n'


@pytest.fixture(scope="module")
def broken(platform: Access, session_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reach]:
    """The shared platform with a namespace of its own in which things are broken."""
    reach, client = Reach(platform.platform), Reach(platform.platform).client()
    script = tmp_path_factory.mktemp("train") / "broken.py"
    script.write_text(_BROKEN)
    client.call("POST", "/api/v1/namespaces", {"metadata": {"name": "troubled"}})
    client.call("POST", "/api/v1/namespaces", {"metadata": {"name": "crowded"}})
    quota = {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "0"}}}
    client.call("POST", "/api/v1/namespaces/crowded/resourcequotas", quota)
    session_home.minikf("train", str(script), "--name", "broken", "-n", "troubled")
    good = tmp_path_factory.mktemp("train") / "good.py"
    good.write_text("print('done')\n")
    session_home.minikf("train", str(good), "--name", "waiting", "-n", "crowded")
    yield reach
    for name in ("troubled", "crowded"):
        client.call("DELETE", f"/api/v1/namespaces/{name}")


def chain_of(reach: Reach, name: str, until: Callable[[Chain], bool]) -> Chain:
    """The chain that begins with this object, once it is as wanted."""
    found: Chain | None = None
    for _ in range(150):
        home = AskHome().answer(reach)
        found = next((one for one in home.troubles if one.head.name == name), None)
        if found is not None and until(found):
            return found
        time.sleep(0.2)
    raise AssertionError(f"no such chain of {name}: {found}")


def test_a_failed_trainjob_leads_to_the_last_line_of_its_log(broken: Reach) -> None:
    found = chain_of(broken, "broken", lambda one: one.root.kind == "Container")
    assert [link.kind for link in found.links] == ["TrainJob", "Pod", "Container"]
    assert str(found.root) == "exit code 1: the data set /data/none is not there"


def test_status_tells_chains_and_fixes_and_keeps_its_keys(broken: Reach, session_home: Home) -> None:
    chain_of(broken, "waiting", lambda one: one.root.kind == "ResourceQuota")
    found = session_home.json("status")
    assert found["running"] and found["components"][0]["name"] == "api" and found["tests"] is not None
    texts = [one["text"] for one in found["troubles"]]
    assert "TrainJob waiting goes on ← quota small is full" in texts
    (quota,) = (one for one in found["troubles"] if one["links"][0]["name"] == "waiting")
    assert quota["fix"]["atOnce"] and quota["fix"]["title"] == "Raise quota small: pods to 1"
    assert {group["title"] for group in found["groups"]} >= {"Platform", "Pods"}
    said = session_home.minikf("status").stdout
    assert "what blocks your own:" in said and "    fix: Raise quota small: pods to 1" in said


def test_events_says_each_warning_once(broken: Reach, session_home: Home) -> None:
    chain_of(broken, "waiting", lambda one: one.root.kind == "ResourceQuota")
    found = session_home.json("events", "-n", "crowded")
    about = [(one["about"]["kind"], one["about"]["name"]) for one in found]
    assert about == [("Job", "waiting-node-0")] and found[0]["count"] > 1
    assert "exceeded quota: small" in found[0]["message"]
    assert "waiting-node-0" in session_home.minikf("events", "-n", "crowded").stdout
    assert session_home.json("events", "-n", "nowhere") == []


def test_one_call_raises_the_quota_and_the_job_goes_on(broken: Reach, session_home: Home) -> None:
    found = chain_of(broken, "waiting", lambda one: one.fix is not None)
    assert found.fix is not None
    assert Repair(found.fix).answer(broken) == "Raise quota small: pods to 1"
    assert AskObject("ResourceQuota", "crowded", "small").answer(broken)["spec"] == {"hard": {"pods": "1"}}
    job = AskObject("TrainJob", "crowded", "waiting")
    for _ in range(300):
        conditions = job.answer(broken).get("status", {}).get("conditions", [])
        if any(one["type"] == "Complete" for one in conditions):
            break
        time.sleep(0.2)
    else:
        raise AssertionError(f"the job does not go on: {conditions}")
    assert all(one.head.name != "waiting" for one in AskHome().answer(broken).troubles)
    assert session_home.json("events", "-n", "crowded") == [], "nobody has to look any more"
    assert session_home.json("events", "-n", "crowded", "--all")


def test_usage_measures_the_platforms_processes(broken: Reach, session_home: Home) -> None:
    before = AskUsage().answer(broken)
    time.sleep(0.3)
    now = AskUsage().answer(broken)
    assert now.platform.count >= 2 and now.platform.memory_bytes > 20 * 1024**2, "daemon and launcher"
    assert 0 < now.platform.memory_bytes < now.machine.memory_bytes < now.machine.memory_total
    found = rates(before, now)
    assert found.machine is not None and 0 <= found.machine <= 100
    assert found.platform is not None and 0 <= found.platform <= 100
    assert now.gpus or now.no_gpu
    said: dict[str, Any] = session_home.json("usage", "--seconds", "0.2")
    assert said["platform"]["measured"] == "its processes" and said["requests"] is None
    assert "platform" in session_home.minikf("usage", "--seconds", "0.2").stdout


def test_usage_of_a_platform_that_is_not_there_says_so(session_home: Home) -> None:
    said = session_home.json("usage", "--seconds", "0.1", "--platform", "nowhere")
    assert said["platform"]["whyNot"] == "there is no platform 'nowhere'" and said["machine"]["cpus"] >= 1
