"""From what the user asked for and what this machine has to what is made. Pure: nothing is asked here."""

from __future__ import annotations

from minikf.errors import UsageError
from minikf.spec import EngineFacts, Facts, Plan, Wishes

EMBEDDED = "embedded"
CONTEXT = "context"
CLUSTERS = ("k3d", "kind")
"""Engines that make a cluster in Docker, in the order in which an automatic choice tries them."""

ENGINES = (EMBEDDED, *CLUSTERS, CONTEXT)

PROFILES = ("none", "lite", "standard", "full")
NO_PROFILE = "none"
"""An empty cluster, to which components may be added one by one."""

CLUSTER_PROFILE = "lite"
"""What a cluster gets that MiniKF makes; one that is the user's own gets nothing that nobody asked for."""


def plan(platform: str, wishes: Wishes, facts: Facts) -> Plan:
    """What to make for a platform that does not exist yet.

    Raises UsageError for options that contradict each other or name nothing. It never refuses for a missing tool: an
    engine that was asked for says itself what it lacks.
    """
    check(wishes)
    if wishes.engine:
        return _planned(platform, wishes, wishes.engine, f"{wishes.engine}, as asked", automatic=False)
    if wishes.context or wishes.kubeconfig:
        option = f"--context {wishes.context}" if wishes.context else f"--kubeconfig {wishes.kubeconfig}"
        return _planned(platform, wishes, CONTEXT, f"context, since {option} was given", automatic=False)
    engine, why = _chosen(facts)
    if wishes.node_image or wishes.agents or wishes.profile not in ("", NO_PROFILE):
        engine, why = _cluster_only(engine, why, wishes)
    return _planned(platform, wishes, engine, why, automatic=True)


def check(wishes: Wishes) -> None:
    """Raises UsageError for what can be told to be wrong from the options alone."""
    if wishes.engine and wishes.engine not in ENGINES:
        raise UsageError(
            f"there is no engine '{wishes.engine}'",
            cause=f"there are {', '.join(ENGINES)}",
            advice="minikf doctor tells which of them work on this machine",
        )
    if wishes.profile and wishes.profile not in PROFILES:
        raise UsageError(
            f"there is no profile '{wishes.profile}'",
            cause=f"there are {', '.join(PROFILES)}",
            advice=f"minikf up --profile {CLUSTER_PROFILE}",
        )
    if wishes.engine == EMBEDDED and wishes.profile not in ("", NO_PROFILE):
        raise UsageError(
            "the engine embedded has no profiles",
            cause="it serves Kubeflow's kinds itself; profiles are for clusters",
            advice=f"minikf up --engine k3d --profile {wishes.profile}",
        )
    if wishes.engine == EMBEDDED and (wishes.node_image or wishes.agents):
        raise UsageError(
            "the engine embedded has no nodes",
            cause="--node-image and --agents are for clusters in Docker",
            advice="minikf up --engine k3d",
        )
    if wishes.engine == CONTEXT and (wishes.node_image or wishes.agents):
        raise UsageError(
            "the engine context takes a cluster as it is",
            cause="--node-image and --agents are for clusters that MiniKF makes",
            advice="minikf up --engine k3d",
        )
    if (wishes.context or wishes.kubeconfig) and wishes.engine not in ("", CONTEXT):
        raise UsageError(
            f"--context and --kubeconfig do not go with the engine {wishes.engine}",
            cause="they name a cluster that exists",
            advice=f"minikf up --engine {CONTEXT}",
        )
    if wishes.agents < 0:
        raise UsageError(f"there is no cluster of {wishes.agents} agents", advice="minikf up --agents 1")


def _chosen(facts: Facts) -> tuple[str, str]:
    """The engine for a user who asked for none, and why."""
    if not facts.docker:
        return EMBEDDED, f"embedded: no container engine answers ({facts.docker_cause})"
    lacks = []
    for name in CLUSTERS:
        engine = facts.engines.get(name, EngineFacts(why_not="nothing is known about it"))
        if engine.usable:
            found = "its node image is here" if engine.image_local else "its registry answers"
            return name, f"{name}: Docker {facts.docker} answers, {name} {engine.version} is there and {found}"
        lacks.append(f"{name}: {engine.why_not or 'its node image is not here and its registry does not answer'}")
    return EMBEDDED, f"embedded: Docker answers, but {'; '.join(lacks)}"


def _cluster_only(engine: str, why: str, wishes: Wishes) -> tuple[str, str]:
    """An option that only clusters have asks for a cluster, whatever could be found out about them."""
    if engine in CLUSTERS:
        return engine, why
    option = "--node-image" if wishes.node_image else "--agents" if wishes.agents else "--profile"
    return CLUSTERS[0], f"{CLUSTERS[0]}: {option} is for clusters"


def _planned(platform: str, wishes: Wishes, engine: str, why: str, automatic: bool) -> Plan:
    return Plan(
        platform=platform,
        engine=engine,
        why=why,
        automatic=automatic,
        profile=wishes.profile or (CLUSTER_PROFILE if engine in CLUSTERS else NO_PROFILE),
        node_image=wishes.node_image,
        agents=wishes.agents,
        context=wishes.context,
        kubeconfig=wishes.kubeconfig,
        agree=wishes.agree,
    )
