"""Which engine a new platform gets, and which wishes are refused before anything is asked of this machine."""

from __future__ import annotations

import pytest

from minikf.errors import MinikfError, UsageError
from minikf.plan import plan
from minikf.spec import EngineFacts, Facts, Wishes

HERE = EngineFacts(tool="/usr/bin/x", version="1.2.3", image="node:1", image_local=True)
REACHABLE = EngineFacts(tool="/usr/bin/x", version="1.2.3", image="node:1", registry_answers=True)
NO_IMAGE = EngineFacts(tool="/usr/bin/x", version="1.2.3", image="node:1")
NO_TOOL = EngineFacts(why_not="not on PATH")


def facts(k3d: EngineFacts, kind: EngineFacts) -> Facts:
    return Facts(docker="28.0.0", engines={"k3d": k3d, "kind": kind})


@pytest.mark.parametrize(
    ("known", "engine", "words"),
    [
        (facts(HERE, HERE), "k3d", "its node image is here"),
        (facts(REACHABLE, HERE), "k3d", "its registry answers"),
        (facts(NO_TOOL, HERE), "kind", "kind 1.2.3 is there"),
        (facts(NO_IMAGE, REACHABLE), "kind", "its registry answers"),
        (facts(NO_TOOL, NO_IMAGE), "embedded", "k3d: not on PATH; kind: its node image is not here"),
        (Facts(docker_cause="no such socket"), "embedded", "no container engine answers (no such socket)"),
    ],
)
def test_the_automatic_choice_and_its_one_line(known: Facts, engine: str, words: str) -> None:
    made = plan("default", Wishes(), known)
    assert (made.engine, made.automatic) == (engine, True)
    assert made.profile == ("none" if engine == "embedded" else "lite")
    assert words in made.why and "\n" not in made.why


def test_what_is_asked_for_is_made_whatever_is_known() -> None:
    for engine in ("embedded", "k3d", "kind", "context"):
        made = plan("default", Wishes(engine=engine), Facts())
        assert (made.engine, made.automatic) == (engine, False)
    for wishes in (Wishes(context="prod"), Wishes(kubeconfig="/tmp/other")):
        assert plan("default", wishes, Facts()).engine == "context"


@pytest.mark.parametrize(("engine", "profile"), [("kind", "lite"), ("k3d", "lite"), ("context", "none")])
def test_a_cluster_that_is_made_gets_lite_and_one_that_is_the_users_own_nothing(engine: str, profile: str) -> None:
    assert plan("default", Wishes(engine=engine), Facts()).profile == profile
    for asked in ("none", "full"):
        assert plan("default", Wishes(engine=engine, profile=asked), Facts()).profile == asked


def test_an_option_of_clusters_asks_for_a_cluster() -> None:
    assert plan("default", Wishes(agents=2), Facts(docker_cause="none")).engine == "k3d"
    assert plan("default", Wishes(node_image="mine:1"), facts(NO_TOOL, HERE)).engine == "kind"
    made = plan("default", Wishes(profile="lite"), Facts(docker_cause="none"))
    assert (made.engine, made.profile, made.why) == ("k3d", "lite", "k3d: --profile is for clusters")


@pytest.mark.parametrize(
    ("wishes", "error", "words"),
    [
        (Wishes(engine="minikube"), UsageError, "there is no engine 'minikube'"),
        (Wishes(profile="huge"), UsageError, "there is no profile 'huge'"),
        (Wishes(engine="embedded", profile="lite"), UsageError, "embedded has no profiles"),
        (Wishes(engine="embedded", agents=1), UsageError, "embedded has no nodes"),
        (Wishes(engine="embedded", node_image="x"), UsageError, "embedded has no nodes"),
        (Wishes(engine="context", agents=1), UsageError, "takes a cluster as it is"),
        (Wishes(engine="kind", context="prod"), UsageError, "do not go with the engine kind"),
        (Wishes(engine="kind", agents=-1), UsageError, "-1 agents"),
    ],
)
def test_wishes_that_cannot_be_are_refused_with_the_way_out(
    wishes: Wishes, error: type[MinikfError], words: str
) -> None:
    with pytest.raises(error) as caught:
        plan("default", wishes, Facts())
    assert words in caught.value.message and caught.value.advice.startswith("minikf ")
