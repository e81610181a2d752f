"""The command line: help, status, up."""

from __future__ import annotations

import sys

from tests.bench.measure import Row, command, median, paired
from tests.bench.world import World


def rows(world: World) -> list[Row]:
    program = (sys.executable, "-m", "minikf")
    help_, typer = paired(command(*program, "--help", env=world.env), command(sys.executable, "-c", "import typer"))
    world.up()
    status = median(command(*program, "status", env=world.env))

    def stop() -> None:
        command(*program, "stop", env=world.env)()

    ups = []
    for _ in range(5):
        stop()
        ups.append(median(command(*program, "up", "--engine", "embedded", env=world.env), runs=1, warmup=0))
    return [
        Row("minikf --help", help_, "s", 1.6, peer=typer, peer_name="python -c 'import typer'", of_ratio=True),
        Row("minikf status", status, "s", 0.35),
        Row("minikf up", sorted(ups)[2], "s", 1.5),
    ]
