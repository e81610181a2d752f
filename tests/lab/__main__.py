"""The lab's own command: `python tests/lab build` makes all that its clusters need. `--help` tells the rest."""

from __future__ import annotations

import argparse
import sys

import binaries.build
import lab
from binaries.recipe import GROUPS
from binaries.refresh import refresh
from clusters.names import dead, remove
from dockerd import engine
from images.build import prune
from keep import Unavailable


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/lab", description="Builds and tends the lab.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    build = verbs.add_parser("build", help="build and start what is missing: engine, commands, images")
    build.add_argument("--only", choices=sorted(GROUPS), help="only these commands: no engine, no images")
    docker = verbs.add_parser("docker", help="the Docker engine: `stop` ends it if the lab started it")
    docker.add_argument("what", choices=("start", "stop", "status"))
    verbs.add_parser("tidy", help="delete the clusters of test runs that are dead")
    verbs.add_parser("prune", help="remove the images of other recipes from the engine")
    verbs.add_parser("refresh", help="write go.mod and go.sum anew for the versions in binaries/recipe.py")
    return parser.parse_args()


def _docker(what: str) -> None:
    if what == "start":
        engine.ensure(say)
    elif what == "stop" and not engine.stop(say):
        say("the lab has started no Docker engine, or it has ended already")
    pid = engine.ours()
    whose = f"the lab's, process {pid}" if pid else "not the lab's"
    print(f"a Docker engine answers ({whose})" if engine.answers() else "no Docker engine answers")


def _do(arguments: argparse.Namespace) -> None:
    match arguments.verb:
        case "build" if arguments.only:
            print(binaries.build.ensure(say, GROUPS[arguments.only]))
        case "build":
            made = lab.ensure(say)
            print(f"{made.bin}\n{made.node_image}\n{made.k3s_image}\n{made.tools_image}")
        case "docker":
            _docker(arguments.what)
        case "tidy" if engine.answers() and (unwanted := dead()):
            remove(unwanted, binaries.build.ensure(say, ("kind", "k3d")), say)
        case "prune":
            say(f"{len(prune(say))} images of other recipes removed")
        case "refresh":
            refresh(say)


def main() -> int:
    try:
        _do(_arguments())
    except Unavailable as why:
        print(f"the lab cannot be had: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
