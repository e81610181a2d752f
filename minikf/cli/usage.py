"""minikf usage"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of

if TYPE_CHECKING:
    from minikf.views.home.usage import Rates, Usage


def usage(
    context: typer.Context,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", help="How long processors are looked at.", min=0.1, max=60)
    ] = 1.0,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show what machine and platform use: CPU, memory, disk, GPU."""
    import time

    from minikf.cli import render
    from minikf.views.asking import Reach
    from minikf.views.home.questions import AskUsage
    from minikf.views.home.usage import as_dict, rates

    reach = Reach(platform_of(context, platform))
    before = AskUsage().answer(reach)
    time.sleep(seconds)
    now = AskUsage().answer(reach)
    found = rates(before, now)
    if as_json:
        render.data(as_dict(now, found))
        return
    render.table(("", "CPU", "MEMORY", "DISK", ""), _rows(now, found))
    for gpu in now.gpus:
        busy = "" if gpu.percent is None else f"{gpu.percent:.0f} %"
        memory = f"{_gib(gpu.memory_bytes)} of {_gib(gpu.memory_total)}"
        render.text(f"gpu {gpu.index}: {gpu.name}, {busy or 'use not measured'}, {memory}")
    if now.no_gpu:
        render.text(f"gpu: none, {now.no_gpu}")


def _rows(now: Usage, found: Rates) -> list[tuple[str, ...]]:
    machine, platform, asked = now.machine, now.platform, now.asked
    cpus = f"{machine.cpus} processor{'s' * (machine.cpus > 1)}"
    rows: list[tuple[str, ...]] = [
        (
            "machine",
            _percent(found.machine),
            f"{_gib(machine.memory_bytes)} of {_gib(machine.memory_total)}",
            f"{_gib(machine.disk_bytes)} of {_gib(machine.disk_total)}",
            cpus,
        )
    ]
    memory = platform.memory_bytes or now.cluster_memory
    how = f"{platform.measured} ({platform.count})" if platform.measured else platform.why_not
    if now.cores is not None and not platform.measured:
        how = "the cluster's metrics API"
    rows.append(("platform", _percent(found.platform), _gib(memory) if memory else "", "", how))
    if asked is not None:
        cpu = f"{asked.cpu_milli / 1000:.3g} of {asked.cpu_total / 1000:.3g}"
        rows.append(
            ("requests", cpu, f"{_gib(asked.memory_bytes)} of {_gib(asked.memory_total)}", "", "what pods ask for")
        )
    return rows


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} %"


def _gib(count: int) -> str:
    return f"{count / 1024**3:.1f} GiB" if count >= 1024**3 else f"{count / 1024**2:.0f} MiB"
