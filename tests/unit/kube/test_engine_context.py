"""The engine `context` on a real TLS server that answers as a cluster: what it looks at, writes and leaves alone."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.engine import choose
from minikf.engine import context as module
from minikf.engine.context import Context
from minikf.engine.record import Platform
from minikf.errors import MinikfError, Refused, Unreachable
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.userconfig import files
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event, Plan, Wishes
from tests.unit.kube.fakecluster import FakeCluster, status
from tests.unit.kube.tlsserver import Authority, Pair, Served, serve


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "xdg" / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return PlatformPaths.of("team")


def config(authority: Authority, pair: Pair, server: str, **more: Any) -> dict[str, Any]:
    """A kubeconfig with paths in it, relative to the authority's folder."""
    return {
        "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority": authority.ca.name, **more}}],
        "users": [{"name": "u", "user": {"client-certificate": pair.certificate.name, "client-key": pair.key.name}}],
        "contexts": [
            {"name": "prod", "context": {"cluster": "c", "user": "u", "namespace": "ml"}},
            {"name": "broken", "context": {"cluster": "none", "user": "u"}},
        ],
        "current-context": "prod",
    }


@pytest.fixture
def theirs(authority: Authority, server: Served, paths: PlatformPaths) -> Path:
    """The user's file beside the certificates that it names."""
    file = authority.ca.parent / "config"
    file.write_text(yaml.safe_dump(config(authority, authority.pair("me"), server.url)))
    return file


def play(steps: Generator[Event, None, Any]) -> tuple[list[Event], Any, MinikfError | None]:
    events: list[Event] = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value, None
        except MinikfError as error:
            return events, None, error


def joined(paths: PlatformPaths, file: Path) -> Access:
    _, access, error = play(Context(paths).ensure(Plan(paths.name, "context", kubeconfig=str(file))))
    assert error is None
    assert isinstance(access, Access)
    return access


def test_it_takes_the_current_context_and_says_so(
    cluster: FakeCluster, server: Served, theirs: Path, paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = theirs.read_bytes()
    monkeypatch.setenv("KUBECONFIG", str(theirs))
    events, access, error = play(Context(paths).ensure(Plan("team", "context")))
    assert error is None and all(event.state == "done" for event in events)
    assert events[0].message == f"your current context 'prod' of {theirs}"
    assert [event.what for event in events] == ["context", "version", "rights", "storage"]
    made = Platform.read(paths)
    assert made is not None and made.joined is not None and (made.engine, made.cluster) == ("context", None)
    assert (made.joined.context, made.joined.kubeconfig) == ("prod", str(theirs))
    assert access.server == server.url and made.port == int(server.url.rpartition(":")[2])
    own = json.loads(paths.kubeconfig.read_text())
    assert own["current-context"] == own["contexts"][0]["name"] == "minikf-team"
    assert own["contexts"][0]["context"]["namespace"] == "ml"
    assert paths.kubeconfig.stat().st_mode & 0o777 == 0o600 and str(theirs.parent) not in paths.kubeconfig.read_text()
    assert {one[4] for one in server.seen} == {"me"}
    for method, path, *_ in server.seen:
        assert method == "GET" or (method == "POST" and path.endswith("selfsubjectaccessreviews")), "nothing is changed"
    assert theirs.read_bytes() == before
    assert Context(paths).access() == access
    found = Context(paths).status()
    assert found.running and [part.name for part in found.components][:2] == ["kubernetes", "node n1"]


@pytest.mark.parametrize(
    ("change", "message", "cause", "advice"),
    [
        ({"version": "v1.28.15-eks-1"}, "its Kubernetes is v1.28.15-eks-1", "1.29 or newer", "get-contexts"),
        ({"version": ""}, "no version that it tells", "1.29", ""),
        ({"classes": {"a": False, "b": False}}, "no default storage class", "it has a, b", "patch storageclass a"),
        ({"classes": {}}, "no default storage class", "no class at all", "patch storageclass NAME"),
        ({"may": lambda verb, resource: False}, "you may not make", "create namespaces", "cluster-admin"),
        (
            {"may": lambda verb, resource: (verb, resource) not in (("*", "*"), ("patch", "clusterroles"))},
            "you may not make",
            "in all namespaces: patch clusterroles",
            "auth can-i --list",
        ),
        (
            {"may": lambda verb, resource: verb not in ("*", "escalate")},
            "you may not make",
            "escalate clusterroles",
            "cluster-admin",
        ),
    ],
)
def test_a_cluster_that_will_not_do_is_refused_with_the_reason(
    change: dict[str, Any],
    message: str,
    cause: str,
    advice: str,
    cluster: FakeCluster,
    theirs: Path,
    paths: PlatformPaths,
) -> None:
    vars(cluster).update(change)
    events, _, error = play(Context(paths).ensure(Plan("team", "context", kubeconfig=str(theirs))))
    assert isinstance(error, Refused) and "the context 'prod' will not do" in error.message
    assert message in error.message and cause in error.cause and advice in error.advice
    (failed,) = [event for event in events if event.state == "failed"]
    assert message in failed.message and cause in failed.cause
    assert not paths.config.exists() and Platform.read(paths) is None, "nothing is left of what was not made"


def test_all_that_is_wrong_is_told_at_once(cluster: FakeCluster, theirs: Path, paths: PlatformPaths) -> None:
    cluster.version, cluster.classes, cluster.may = "v1.20.0", {}, lambda verb, resource: False
    events, _, error = play(Context(paths).ensure(Plan("team", "context", kubeconfig=str(theirs))))
    assert error is not None
    assert [event.what for event in events if event.state == "failed"] == ["version", "rights", "storage"]
    assert "also: you may not make" in error.cause and "also: the cluster has no default storage class" in error.cause


def test_who_may_not_even_look_is_told_of_the_rights_first(
    cluster: FakeCluster, theirs: Path, paths: PlatformPaths
) -> None:
    cluster.may, cluster.classes = lambda verb, resource: False, status(403, "Forbidden", 'User "dev" cannot list')
    _, _, error = play(Context(paths).ensure(Plan("team", "context", kubeconfig=str(theirs))))
    assert isinstance(error, Refused) and "you may not make" in error.message
    assert 'also: you may not see its storage classes (User "dev" cannot list)' in error.cause
    cluster.classes = status(500, "InternalError", "no")
    _, _, broken = play(Context(paths).ensure(Plan("team", "context", kubeconfig=str(theirs))))
    assert isinstance(broken, ApiAnswer) and broken.status == 500


def test_rights_enough_without_being_admin_and_an_older_version_will_do(
    cluster: FakeCluster, theirs: Path, paths: PlatformPaths
) -> None:
    cluster.version, cluster.may = "v1.30.2", lambda verb, resource: verb != "*"
    events, access, _ = play(Context(paths).ensure(Plan("team", "context", kubeconfig=str(theirs))))
    assert access is not None
    assert any("too old for Knative" in event.message for event in events)
    assert any("all that Kubeflow is made of" in event.message for event in events)


def test_a_cluster_that_is_not_there_or_hangs_is_told_within_seconds(
    authority: Authority, theirs: Path, paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REACH_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        for port, said in ((deaf.getsockname()[1], "timed out"), (9, "refused")):
            url = f"https://127.0.0.1:{port}"
            theirs.write_text(yaml.safe_dump(config(authority, authority.pair("me"), url)))
            begun = time.monotonic()
            events, _, error = play(Context(paths).ensure(Plan("team", "context", kubeconfig=str(theirs))))
            assert isinstance(error, Unreachable) and time.monotonic() - begun < 3
            assert "context 'prod' does not answer at" in error.message and url in error.message and said in error.cause
            assert f"--kubeconfig '{theirs}' --context 'prod' get --raw /version" in error.advice
            assert events[-1].state == "failed"


def test_a_credential_that_is_out_of_date_is_told_from_a_wrong_one(authority: Authority, paths: PlatformPaths) -> None:
    with serve(authority, authority.pair("server"), outdated=True) as server:
        fake = FakeCluster(version=status(401, "Unauthorized", "Unauthorized"))
        fake.install(server)
        file = authority.ca.parent / "config"
        for pair, said in (
            (authority.pair("late", days=-1), "out of date since"),
            (authority.pair("x"), "it is wrong"),
        ):
            file.write_text(yaml.safe_dump(config(authority, pair, server.url)))
            _, _, error = play(Context(paths).ensure(Plan("team", "context", kubeconfig=str(file))))
            assert isinstance(error, ApiAnswer) and said in error.cause and "context 'prod'" in error.message


@pytest.mark.parametrize(
    ("name", "said", "cause"),
    [("nope", "there is no context 'nope'", "prod, broken"), ("broken", "leads nowhere", "cluster 'none'")],
)
def test_a_context_that_is_not_there_is_refused(
    name: str, said: str, cause: str, theirs: Path, paths: PlatformPaths
) -> None:
    _, _, error = play(Context(paths).ensure(Plan("team", "context", context=name, kubeconfig=str(theirs))))
    assert isinstance(error, Refused) and said in error.message and cause in error.cause


def test_no_kubeconfig_and_no_current_context_are_refused(theirs: Path, paths: PlatformPaths) -> None:
    _, _, missing = play(Context(paths).ensure(Plan("team", "context")))
    assert isinstance(missing, Refused) and ".kube/config" in missing.cause
    found = yaml.safe_load(theirs.read_text())
    del found["current-context"]
    theirs.write_text(yaml.safe_dump(found))
    _, _, none = play(Context(paths).ensure(Plan("team", "context", kubeconfig=str(theirs))))
    assert isinstance(none, Refused) and none.message == "there is no current context"
    assert "prod, broken" in none.cause


def test_down_forgets_without_asking_the_cluster(
    cluster: FakeCluster, server: Served, theirs: Path, paths: PlatformPaths
) -> None:
    joined(paths, theirs)
    asked = len(server.seen)
    engine = Context(paths)
    assert engine.held_data() == ""
    _, _, stopped = play(engine.stop())
    assert isinstance(stopped, Refused) and "not MiniKF's to stop" in stopped.message and "down" in stopped.advice
    _, _, images = play(engine.load_images(["a:1"]))
    assert isinstance(images, Refused) and "docker push" in images.advice
    events, _, error = play(engine.delete())
    assert error is None and len(server.seen) == asked
    assert "is not MiniKF's: it and all in it stay" in events[0].message
    assert not paths.config.exists() and Platform.read(paths) is None and theirs.exists()
    _, _, again = play(engine.delete())
    assert isinstance(again, Refused) and not engine.status().running


def test_start_reads_the_credential_anew_and_keeps_its_copy_where_the_file_is_gone(
    cluster: FakeCluster, authority: Authority, server: Served, theirs: Path, paths: PlatformPaths
) -> None:
    joined(paths, theirs)
    theirs.write_text(yaml.safe_dump(config(authority, authority.pair("renewed"), server.url)))
    _, access, _ = play(Context(paths).start())
    assert RestClient(access).get("/version") and server.seen[-1][4] == "renewed"
    theirs.unlink()
    events, access, error = play(Context(paths).start())
    assert error is None and f"the copy of {paths.kubeconfig} is used" in events[0].message
    assert RestClient(access).get("/version") and server.seen[-1][4] == "renewed"


def test_a_platform_keeps_its_context_and_its_file(
    cluster: FakeCluster, theirs: Path, paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(paths, theirs)
    monkeypatch.chdir(theirs.parent)
    engine, _ = choose.chosen("team", Wishes(context="prod", kubeconfig=theirs.name))
    assert engine.name == "context"
    with pytest.raises(Refused, match="was not made with --context other"):
        choose.chosen("team", Wishes(context="other"))


def test_a_cluster_that_dies_is_not_running(authority: Authority, paths: PlatformPaths, theirs: Path) -> None:
    with serve(authority, authority.pair("mortal")) as mortal:
        FakeCluster().install(mortal)
        theirs.write_text(yaml.safe_dump(config(authority, authority.pair("me"), mortal.url)))
        joined(paths, theirs)
    found = Context(paths).status()
    assert not found.running and "does not answer" in found.cause and "up" in found.advice
    with pytest.raises(Unreachable):
        Context(paths).access()


def test_files_are_put_together_as_kubectl_does(
    authority: Authority, paths: PlatformPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "a" / "config", tmp_path / "b" / "config"
    for file in (first, second):
        file.parent.mkdir()
    first.write_text(
        yaml.safe_dump({"contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "users": None})
    )
    second.write_text(
        yaml.safe_dump(
            {
                "current-context": "x",
                "contexts": [{"name": "x", "context": {"cluster": "another"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://c", "certificate-authority": "ca.crt"}}],
                "users": [
                    {"name": "u", "user": {"tokenFile": "t", "exec": {"command": "./bin/login", "args": ["-x"]}}}
                ],
            }
        )
    )
    (second.parent / "ca.crt").write_text("the CA")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, (paths.kubeconfig, tmp_path / "none", first, second))))
    found = files.find("")
    assert (
        found.context.decoded("certificate-authority-data") == "the CA"
        and found.context.cluster["server"] == "https://c"
    )
    assert found.context.user["tokenFile"] == str(second.parent / "t"), "somebody renews what is in it"
    assert found.context.user["exec"] == {"command": str(second.parent / "bin/login"), "args": ["-x"]}
    assert found.files == f"{first}{os.pathsep}{second}" and files.find("x", found.files) == found
    (second.parent / "ca.crt").unlink()
    with pytest.raises(Refused, match="certificate-authority of the context 'x' cannot be read"):
        files.find("x")
