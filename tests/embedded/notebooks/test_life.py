"""Stopping, crashing, resting, deleting, and a daemon that dies meanwhile."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from minikf.kube.creation import create
from minikf.paths import PlatformPaths
from minikf.spec import Access
from minikf.up import down, up
from minikf.verbs import notebook as verb
from tests.embedded.homes import finish
from tests.embedded.notebooks.lab import Kernel, Lab, body, notebook, remove, until
from tests.embedded.pods.wheels import make_wheel


def test_files_and_packages_outlive_a_stop_and_a_crash(platform: Access, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "stays-here", "1.0", {"stays_here.py": "VALUE = 'stayed'\n"})
    with notebook(platform, "lasting") as lab:
        kernel = lab.kernel()
        kernel.run(f"%pip install --quiet --no-index {wheel}")
        assert kernel.run("open('kept.txt', 'w').write('kept')") == "4"
        before, pids = (lab.base, lab.token), [lab.server_pid()]
        pids += [child.pid for child in psutil.Process(pids[0]).children(recursive=True)]
        assert len(pids) >= 2

        lab.set_stopped("2026-01-01T00:00:00Z")
        until(lambda: verb.state(lab.get())[0] == "Stopped", "it does not stop")
        assert lab.find("/api/v1/namespaces/default/pods/lasting-0") is None
        # Whose parent is gone is taken by another, which may need a moment to learn of its end.
        until(lambda: not [pid for pid in pids if psutil.pid_exists(pid)], "its processes do not end")
        assert lab.get()["status"] == {"conditions": [], "containerState": {}, "readyReplicas": 0}

        lab.set_stopped(None)
        lab.ready()
        assert (lab.base, lab.token) == before  # the tab that is open in a browser goes on
        assert (
            lab.kernel().run("import stays_here; print(open('kept.txt').read(), stays_here.VALUE)") == "kept stayed\n"
        )

        os.kill(lab.server_pid(), signal.SIGKILL)
        until(lambda: lab.pod["status"]["containerStatuses"][0]["restartCount"] == 1, "it is not started again")
        lab.ready()
        assert (lab.base, lab.token) == before
        assert lab.kernel().run("open('kept.txt').read()") == "'kept'"


def test_two_at_once_know_nothing_of_each_other(platform: Access, lab: Lab, kernel: Kernel) -> None:
    with notebook(platform, "left", env=[{"name": "SIDE", "value": "left"}]) as left:
        assert left.port != lab.port and left.token != lab.token
        assert lab.ask("/api/kernels", Authorization=f"token {left.token}").status_code == 403
        assert left.kernel().run("import os; print(os.environ.get('SIDE')); x = open('mine', 'w')") == "left\n"
        assert kernel.run("import os; print(os.environ.get('SIDE'), os.path.exists('mine'))") == "None False\n"


def daemon_pid(access: Access) -> int:
    return int(json.loads(PlatformPaths.of(access.platform).daemon_file.read_text())["pid"])


def test_the_next_daemon_takes_over_a_notebook_with_a_command_of_its_own(fresh_platform: Access) -> None:
    program = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    with notebook(fresh_platform, "own", command=["python", "-c", program], workingDir="/work") as lab:
        before = lab.pod
        os.kill(daemon_pid(fresh_platform), signal.SIGKILL)
        lab.access = finish(up(fresh_platform.platform))
        lab.ready()
        assert lab.pod["metadata"]["uid"] == before["metadata"]["uid"]
        assert lab.pod["status"]["containerStatuses"] == before["status"]["containerStatuses"]
        assert lab.get()["status"]["containerState"]["running"]
        paths = PlatformPaths.of(fresh_platform.platform)
        assert paths.notebooks.exists()
    create(lab.client, [body("left-behind", command=["sleep", "600"])])
    until(lambda: any(paths.notebooks.iterdir()), "its folder is not made")
    finish(down(fresh_platform.platform))
    assert not paths.data.exists()


@pytest.mark.slow
def test_a_kernel_outlives_the_daemon(fresh_platform: Access) -> None:
    with notebook(fresh_platform, "worker") as lab:
        kernel, server = lab.kernel(), lab.server_pid()
        kernel.run("x = 123")
        os.kill(daemon_pid(fresh_platform), signal.SIGKILL)
        assert kernel.run("x + 1") == "124"  # while there is no daemon
        lab.access = finish(up(fresh_platform.platform))
        assert lab.ready().server_pid() == server
        asked = "from kubernetes import client, config; config.load_kube_config(); "
        asked += "print(client.CoreV1Api().read_namespaced_pod('worker-0', 'default').status.phase, x + 2)"
        assert kernel.run(asked) == "Running 125\n"
        assert lab.pod["status"]["containerStatuses"][0]["restartCount"] == 0


@pytest.mark.slow
def test_a_notebook_that_rests_is_stopped_and_one_that_works_is_not(
    fresh_platform: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENABLE_CULLING", "true")
    monkeypatch.setenv("CULL_IDLE_TIME", "0.05")
    monkeypatch.setenv("IDLENESS_CHECK_PERIOD", "0.01")
    with notebook(fresh_platform, "worker") as lab:
        kernel, server = lab.kernel(), lab.server_pid()
        working = kernel.send("import time; time.sleep(15); 1")
        os.kill(daemon_pid(fresh_platform), signal.SIGKILL)
        lab.access = finish(up(fresh_platform.platform))  # with culling, which the first daemon did not have
        assert kernel.read(working) == "1"
        annotations = lab.get()["metadata"]["annotations"]
        assert verb.LAST_ACTIVITY in annotations and verb.STOP_ANNOTATION not in annotations
        until(lambda: verb.STOP_ANNOTATION in lab.get()["metadata"]["annotations"], "it is not stopped")
        until(lambda: verb.state(lab.get())[0] == "Stopped", "its pod stays")
        until(lambda: verb.LAST_ACTIVITY not in lab.get()["metadata"]["annotations"], "the stamps stay")
        assert not psutil.pid_exists(server)


def test_a_name_that_is_taken_is_told(platform: Access) -> None:
    lab = Lab(platform, "crowded")
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "crowded", "namespace": "default"},
        "spec": {"ports": [{"port": 80}]},
    }
    create(lab.client, [service, body("crowded")])
    until(lambda: verb.state(lab.get())[1], "nothing is told")
    told = ("Waiting", "NameTaken: a Service 'crowded' that is not this notebook's is in the way")
    assert verb.state(lab.get()) == told
    lab.client.call("DELETE", "/api/v1/namespaces/default/services/crowded")
    until(lambda: lab.find("/api/v1/namespaces/default/pods/crowded-0"), "it does not go on")
    remove(lab)
