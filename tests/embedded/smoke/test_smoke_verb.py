"""`minikf test` on the embedded engine: every component really does its work, and nothing of it stays."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import pytest

from minikf.kube.rest import RestClient
from minikf.paths import PlatformPaths
from minikf.smoke import FAILED, TESTED, Smoke, record
from minikf.smoke.place import LABEL, Place
from minikf.smoke.run import SMOKES, run
from minikf.spec import Access, Event
from tests.embedded.homes import Home, finish


def namespaces(access: Access) -> list[str]:
    items = RestClient(access).get(f"/api/v1/namespaces?labelSelector={LABEL}")["items"]
    return [one["metadata"]["name"] for one in items]


@pytest.mark.parametrize("component", SMOKES)
def test_a_component_is_tested(component: str, platform: Access, session_home: Home) -> None:
    done = session_home.minikf("test", component, "--json")
    (result,) = json.loads(done.stdout)
    assert result["outcome"] == TESTED, result
    assert result["ran"] and result["seconds"] >= 0 and not result["left"]
    assert not namespaces(platform)
    shown = {one["component"]: one for one in session_home.json("status")["tests"]}
    assert shown[component] == result
    assert component in session_home.minikf("status").stdout
    assert (PlatformPaths.of("default").state / "tests.json").stat().st_mode & 0o777 == 0o600


def test_up_lets_all_components_do_their_work_where_it_is_asked_to(platform: Access, session_home: Home) -> None:
    done = session_home.minikf("up", "--test", "--json")
    told = json.loads(done.stdout)
    assert told["server"] == platform.server
    assert {one["component"] for one in told["tests"]} == set(SMOKES)
    assert {one["outcome"] for one in told["tests"]} == {TESTED}


def test_events_tell_what_goes_on(platform: Access, session_home: Home) -> None:
    done = session_home.minikf("test", "trainer", "--json")
    events: list[dict[str, Any]] = [json.loads(line) for line in done.stderr.splitlines()]
    assert events[0] == {"what": "trainer", "state": "started", "message": SMOKES["trainer"].does}
    assert events[-1] == {"what": "trainer", "state": "done", "message": TESTED}


def test_an_unknown_component_is_refused(platform: Access, session_home: Home) -> None:
    done = session_home.minikf("test", "seldon", code=2)
    assert "there is no test of 'seldon'" in done.stderr and "trainer" in done.stderr


def test_a_platform_that_does_not_run_is_told(session_home: Home) -> None:
    done = session_home.minikf("test", "--platform", "not-there", code=12)
    assert "not-there" in done.stderr


def pod_of(place: Place) -> list[dict[str, Any]]:
    """One that only sleeps."""
    container = {"name": "main", "image": place.image, "command": ["sleep", "300"]}
    spec = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container]}
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": place.name}, "spec": spec}]


def smoke_that(check: Callable[[Place], Generator[Event, None, str]], component: str) -> Smoke:
    return Smoke(component, "a test of tests", ("/api/v1/pods",), "", pod_of, check)


def waits(place: Place) -> Generator[Event, None, str]:
    yield from place.until("answer", lambda: (None, "the answer does not come"))
    return "never"


def fails(place: Place) -> Generator[Event, None, str]:
    yield Event(place.namespace, "progress", "about to fail")
    raise place.failed("the answer is wrong", "41 is not 42")


def test_a_test_that_stands_still_names_what_it_waits_for(platform: Access) -> None:
    (result,) = finish(run(platform, [smoke_that(waits, "waits")], "python", patience=2))
    assert result.outcome == FAILED
    assert "answer in minikf-test-waits-" in result.cause and "the answer does not come" in result.cause
    assert result.advice == "minikf test waits --patience 4"
    assert not namespaces(platform)


def test_one_failure_does_not_keep_the_others_from_running(platform: Access) -> None:
    results = finish(run(platform, [smoke_that(fails, "fails"), SMOKES["trainer"]], "python"))
    assert [one.outcome for one in results] == [FAILED, TESTED]
    assert results[0].cause == "the answer is wrong: 41 is not 42"
    assert record.read(PlatformPaths.of("default"))["fails"] == results[0]
    assert not namespaces(platform)


def test_an_object_that_the_api_does_not_know_whole_is_a_failure(platform: Access) -> None:
    """Objects are checked strictly: a field that the schema lacks would else be dropped, and something else tested."""

    def misspelt(place: Place) -> list[dict[str, Any]]:
        (pod,) = pod_of(place)
        return [{**pod, "spec": {**pod["spec"], "restartPolcy": "Never"}}]

    smoke = Smoke("misspelt", "a test of tests", ("/api/v1/pods",), "", misspelt, fails)
    (result,) = finish(run(platform, [smoke], "python"))
    assert result.outcome == FAILED and "restartPolcy" in result.cause
    assert not namespaces(platform)


def test_interrupted_it_leaves_nothing(platform: Access, session_home: Home) -> None:
    with session_home.start("test", "notebook") as process:
        deadline = time.monotonic() + 60
        while not namespaces(platform):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=100)
    assert process.returncode == 130
    assert not namespaces(platform)


def test_a_webhook_that_hears_late_is_asked_again(platform: Access) -> None:
    """Trainer's webhook reads runtimes from a cache; here the runtime itself comes late."""
    place = Place(platform, "late", "python", 5)
    runtime, job = SMOKES["trainer"].objects(place)
    place.make([])
    path = f"/apis/trainer.kubeflow.org/v1alpha1/namespaces/{place.namespace}/trainingruntimes"
    later = threading.Timer(1.0, place.client.call, ("POST", path, runtime))
    later.start()
    try:
        place.add([job])
    finally:
        later.join()
        place.remove()
