"""Which engine a platform has, and which one a new platform gets."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from minikf.commands import command
from minikf.engine.protocol import Engine
from minikf.engine.record import Platform
from minikf.errors import Refused
from minikf.paths import PlatformPaths
from minikf.plan import CONTEXT, EMBEDDED, ENGINES, check, plan
from minikf.spec import Facts, Plan, Wishes

DEFAULT_VARIABLE = "MINIKF_ENGINE"
"""The engine of new platforms where the user does not say one at the call."""


def engine_of(platform: str) -> Engine:
    """The driver of the platform's engine; that of the embedded engine for a platform that was never made.

    Raises UsageError on a bad platform name and Refused on a damaged record or an engine of another release.
    """
    paths = PlatformPaths.of(platform)
    made = Platform.read(paths)
    return _driver(made.engine if made is not None else EMBEDDED, paths)


def chosen(platform: str, wishes: Wishes) -> tuple[Engine, Plan]:
    """The driver for `up`, and what it is to make: an existing platform keeps its engine, a new one gets what the
    user asked for, or else what works here.

    Raises as `engine_of` and `minikf.plan.plan`, and Refused where the wishes are not those that the platform was
    made with.
    """
    paths = PlatformPaths.of(platform)
    check(wishes)
    made = Platform.read(paths)
    if made is not None:
        _agree(made, platform, wishes)
        return _driver(made.engine, paths), Plan(platform, made.engine, agree=wishes.agree)
    default = os.environ.get(DEFAULT_VARIABLE, "")
    if default and not (wishes.engine or wishes.context or wishes.kubeconfig):
        wishes = replace(wishes, engine=default)
        check(wishes)
    asked = wishes.engine or wishes.context or wishes.kubeconfig
    planned = plan(platform, wishes, Facts() if asked else _facts(wishes))
    return _driver(planned.engine, paths), planned


def _facts(wishes: Wishes) -> Facts:
    from minikf.engine.facts import gather

    return gather(wishes.node_image)


def _agree(made: Platform, platform: str, wishes: Wishes) -> None:
    """Raises Refused where something else is asked for than there is: nothing is changed behind the user's back."""
    asked = wishes.engine or (CONTEXT if wishes.context or wishes.kubeconfig else "")
    if asked and asked != made.engine:
        raise Refused(
            f"platform '{platform}' has the engine '{made.engine}'",
            cause="a platform keeps the engine that it was made with",
            advice=f"minikf up --engine {asked} --platform another-name",
        )
    for option, wanted, there in _options(made, wishes):
        if wanted and wanted != there:
            raise Refused(
                f"platform '{platform}' was not made with {option} {wanted}",
                cause=f"it has {there or 'none'}, and a platform stays as it was made",
                advice=f"minikf up {option} {wanted} --platform another-name",
            )


def _options(made: Platform, wishes: Wishes) -> list[tuple[str, object, object]]:
    """Option, what was asked for, what the platform has."""
    cluster, joined = made.cluster, made.joined
    return [
        ("--node-image", wishes.node_image, cluster.node_image if cluster else ""),
        ("--agents", wishes.agents, cluster.agents if cluster else 0),
        ("--context", wishes.context, joined.context if joined else ""),
        ("--kubeconfig", _absolute(wishes.kubeconfig), joined.kubeconfig if joined else ""),
    ]


def _absolute(file: str) -> str:
    """As it is written down: the user may type it from another folder."""
    return str(Path(file).expanduser().absolute()) if file else ""


def _driver(engine: str, paths: PlatformPaths) -> Engine:
    if engine not in ENGINES:
        raise Refused(
            f"platform '{paths.name}' has the engine '{engine}', which this release does not have",
            cause=f"what exists today: {', '.join(ENGINES)}",
            advice=f"use the release of MiniKF that made it; {command('status', paths.name)}",
        )
    if engine == EMBEDDED:
        from minikf.engine.embedded import Embedded

        return Embedded(paths)
    if engine == CONTEXT:
        from minikf.engine.context import Context

        return Context(paths)
    from minikf.engine.clusters.driver import ClusterEngine

    return ClusterEngine(engine, paths)
