"""The life of a platform on a real cluster: made, used, stopped, started, restarted, removed; nothing is left."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from .minikf import Home, anonymous_volumes, docker, things, wait_for

CLAIM = """
apiVersion: v1
kind: Namespace
metadata: {name: team}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: work, namespace: team}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""

WRITER = """
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: team}
spec:
  restartPolicy: Never
  volumes: [{name: v, persistentVolumeClaim: {claimName: work}}]
  containers:
  - name: c
    image: IMAGE
    imagePullPolicy: Never
    command: [sh, -c, "SCRIPT"]
    volumeMounts: [{name: v, mountPath: /v}]
"""


@dataclass(frozen=True)
class Platform:
    """A platform that is up."""

    home: Home
    name: str
    engine: str
    image: str

    def pod(self, name: str, script: str) -> str:
        """Runs a script in a pod that has the claim at /v; returns its output."""
        text = WRITER.replace("NAME", name).replace("IMAGE", self.image).replace("SCRIPT", script)
        assert self.home.kubectl(self.name, "apply", "-f", "-", stdin=text).code == 0
        where = ("-n", "team", "get", "pod", name, "-o", "jsonpath={.status.phase}")
        wait_for(f"pod {name}", lambda: self.home.kubectl(self.name, *where).out in ("Succeeded", "Failed"))
        return self.home.kubectl(self.name, "-n", "team", "logs", name).out.strip()


@pytest.fixture(scope="module", params=["kind", "k3d"])
def platform(
    request: pytest.FixtureRequest, shared_home: Home, platform_name: Callable[[str], str], lab
) -> Iterator[Platform]:
    name = platform_name(f"life-{request.param}")
    made = shared_home.up(name, request.param)
    assert made.code == 0, made.err
    yield Platform(shared_home, name, request.param, lab.userland_image)


@pytest.mark.core
def test_it_is_up_and_told_in_full(platform: Platform) -> None:
    def parts() -> dict[str, bool]:
        told = platform.home.minikf("status", "--platform", platform.name, "--json")
        assert told.code == 0, told.out
        assert told.json["engine"] == platform.engine and told.json["running"] is True
        return {part["name"]: part["healthy"] for part in told.json["components"]}

    assert {name for name, healthy in parts().items() if healthy} >= {"kubernetes", "dns coredns", "storage"}
    wait_for("health of all parts", lambda: all(parts().values()), 60)  # pods that nobody waits for come later


@pytest.mark.core
def test_its_kubeconfig_is_the_owners_and_the_users_own_is_left_alone(platform: Platform) -> None:
    kubeconfig = platform.home.folder / ".config/minikf/platforms" / platform.name / "kubeconfig"
    assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600
    assert not (platform.home.folder / ".kube").exists() or not (platform.home.folder / ".kube/config").exists()
    nodes = platform.home.kubectl(platform.name, "get", "nodes", "--no-headers")
    assert nodes.code == 0 and " Ready " in nodes.out
    env = platform.home.minikf("env", "--platform", platform.name)
    assert f"export KUBECONFIG={kubeconfig}" in env.out


@pytest.mark.core
def test_ports_are_loopbacks_only(platform: Platform) -> None:
    cluster = platform.home.record(platform.name)["cluster"]["name"]
    shown = docker("ps", "--filter", f"name={cluster}", "--format", "{{.Ports}}")
    published = [port.strip() for line in shown for port in line.split(",") if "->" in port]
    assert published and all(port.startswith("127.0.0.1:") for port in published), published


@pytest.mark.core
def test_up_again_changes_nothing_in_under_two_seconds(platform: Platform) -> None:
    before = docker("ps", "--no-trunc", "--format", "{{.ID}} {{.CreatedAt}}")
    began = time.monotonic()
    again = platform.home.up(platform.name, platform.engine)
    took = time.monotonic() - began
    assert again.code == 0 and "already running" in again.err, again.err
    after = docker("ps", "--no-trunc", "--format", "{{.ID}} {{.CreatedAt}}")
    assert set(before) <= set(after)
    assert took < 20, f"{took:.1f} s"  # the goal of 2 s is measured by tests/bench on a quiet machine


@pytest.mark.core
def test_another_engine_or_image_is_refused_for_a_platform_that_exists(platform: Platform) -> None:
    other = "k3d" if platform.engine == "kind" else "kind"
    for words in (("--engine", other), ("--node-image", "another:1"), ("--agents", "2")):
        refused = platform.home.minikf("up", "--platform", platform.name, *words, "--json")
        assert refused.code == 10 and words[1] in refused.error["message"] + refused.error["advice"], refused.err


@pytest.mark.core
def test_stop_frees_and_start_restores_everything(platform: Platform) -> None:
    home, name = platform.home, platform.name
    assert home.kubectl(name, "apply", "-f", "-", stdin=CLAIM).code == 0
    assert platform.pod("first", "echo kept > /v/file; cat /v/file || true") in ("kept", "")
    stopped = home.minikf("stop", "--platform", name)
    assert stopped.code == 0, stopped.err
    record = home.record(name)
    states = docker("ps", "-a", "--filter", f"name={record['cluster']['name']}", "--format", "{{.State}}")
    assert states and set(states) == {"exited"}, states
    told = home.minikf("status", "--platform", name, "--json")
    assert told.code == 12 and told.json["cause"] == "it was stopped" and "start" in told.json["advice"]
    started = home.minikf("start", "--platform", name)
    assert started.code == 0, started.err
    assert platform.pod("second", "while read x; do echo $x; done < /v/file") == "kept"
    assert home.record(name)["port"] == record["port"]


@pytest.mark.core
def test_a_restarted_node_comes_back_by_itself(platform: Platform) -> None:
    home, name = platform.home, platform.name
    server = docker("ps", "--filter", f"name={home.record(name)['cluster']['name']}", "--format", "{{.Names}}")[0]
    docker("restart", server)
    wait_for("the API", lambda: home.kubectl(name, "get", "--raw", "/readyz").out == "ok", 180)
    assert home.kubectl(name, "-n", "team", "get", "pvc", "work").code == 0


def test_a_killed_node_comes_back_by_itself(platform: Platform) -> None:
    home, name = platform.home, platform.name
    server = docker("ps", "--filter", f"name={home.record(name)['cluster']['name']}", "--format", "{{.Names}}")[0]
    before = docker("inspect", "--format", "{{.State.Pid}}", server)[0]
    alone = ("--rm", "--privileged", "--pid=host", "--network=none", "--entrypoint", "kill")
    docker("run", *alone, home.images["kind"], "-9", before)
    wait_for("a new process", lambda: docker("inspect", "--format", "{{.State.Pid}}", server)[0] not in (before, "0"))
    wait_for("the API", lambda: home.kubectl(name, "get", "--raw", "/readyz").out == "ok", 180)


@pytest.mark.core
def test_kept_data_comes_back_and_down_leaves_nothing(platform: Platform) -> None:
    home, name = platform.home, platform.name
    cluster = home.record(name)["cluster"]
    wait_for("the API", lambda: home.kubectl(name, "get", "--raw", "/readyz").out == "ok", 180)
    volumes = anonymous_volumes(docker("ps", "-aq", "--filter", f"name={cluster['name']}"))
    kept = home.minikf("down", "--yes", "--keep-data", "--platform", name)
    assert kept.code == 0, kept.err
    assert things(cluster["name"], cluster["network"]) == []
    assert not set(volumes) & set(docker("volume", "ls", "-q"))
    again = home.up(name, platform.engine)
    assert again.code == 0, again.err
    wait_for("the claim", lambda: home.kubectl(name, "-n", "team", "get", "pvc", "work", "-o",
                                               "jsonpath={.status.phase}").out == "Bound")  # fmt: skip
    assert platform.pod("third", "while read x; do echo $x; done < /v/file") == "kept"
    cluster = home.record(name)["cluster"]
    gone = home.minikf("down", "--yes", "--platform", name, "--json")
    assert gone.code == 0 and gone.json == {"platform": name, "removed": True, "dataKept": False}, gone.err
    assert things(cluster["name"], cluster["network"]) == []
    assert not (home.state(name)).exists()


def test_a_cluster_with_an_agent(home: Home, platform_name: Callable[[str], str]) -> None:
    """kind only: the lab's stand-in for k3s has no agents."""
    name = platform_name("agent")
    made = home.up(name, "kind", "--agents", "1")
    assert made.code == 0, made.err
    assert home.kubectl(name, "get", "nodes", "--no-headers").out.count(" Ready ") == 2
    cluster = home.record(name)["cluster"]
    assert len(docker("ps", "-q", "--filter", f"label=io.x-k8s.kind.cluster={cluster['name']}")) == 2
    assert home.minikf("stop", "--platform", name).code == 0
    started = home.minikf("start", "--platform", name)
    assert started.code == 0, started.err
    assert home.kubectl(name, "get", "nodes", "--no-headers").out.count(" Ready ") == 2


def test_two_platforms_side_by_side(home: Home, platform_name: Callable[[str], str]) -> None:
    one, other = platform_name("one"), platform_name("other")
    assert home.up(one, "kind").code == 0
    assert home.up(other, "k3d").code == 0
    first, second = home.record(one), home.record(other)
    ports = [(made["port"], made["cluster"]["http_port"], made["cluster"]["https_port"]) for made in (first, second)]
    assert not set(ports[0]) & set(ports[1])
    assert first["cluster"]["subnet"] != second["cluster"]["subnet"]
    assert home.minikf("down", "--yes", "--platform", one).code == 0
    assert home.kubectl(other, "get", "--raw", "/readyz").out == "ok"
