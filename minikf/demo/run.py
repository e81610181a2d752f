"""`minikf demo`: the example as a pod of the platform, its lines as they come, and where to look further.

The example imports four SDKs, which takes seconds in a fresh process. As a pod it is forked from the platform's warm
server, where they are loaded already, and it runs as any user's program on the platform would.
"""

from __future__ import annotations

import json
import sys
import time

from minikf.commands import command
from minikf.demo.examples import Example, find
from minikf.demo.pod import NAMESPACE, DemoPod
from minikf.engine.protocol import Steps
from minikf.errors import Refused
from minikf.kube.absent import EMPTY
from minikf.plan import EMBEDDED
from minikf.spec import Event
from minikf.status import access

_OUTSIDE = "no pod of a cluster reaches the addresses of this machine that the demo asks"
# kfp.Client prints addresses of Kubeflow's web pages, which are not here.
_NOT_HERE = ("Experiment details: ", "Run details: ")


def prepared(name: str, platform: str) -> tuple[Example, DemoPod]:
    """The example of that name and the pod that will run it.

    Raises UsageError for a name that there is not, Unreachable when the platform does not run, and Refused on one whose
    engine it cannot run on.
    """
    example = find(name)
    reached = access(platform)
    if reached.engine != EMBEDDED:
        empty = "model-registry" not in reached.endpoints
        raise Refused(
            f"the demo has nothing to run on: platform '{platform}' has no Kubeflow"
            if empty
            else f"the demo does not run on platform '{platform}'",
            cause=f"its engine is {reached.engine}, and {EMPTY if empty else _OUTSIDE}",
            advice="minikf up --engine embedded --platform demo && minikf demo --platform demo",
        )
    return example, DemoPod(reached, example)


def steps(name: str, platform: str) -> Steps[str]:
    """The example's lines as events, for who shows them elsewhere; the result is the pod's name.

    Raises as `main`. Closed before its end, it ends what it began.
    """
    example, pod = prepared(name, platform)
    if pod.is_warming():
        yield Event(name, "started", "waiting for the platform to load what it keeps ready")
        pod.wait_until_warm()
    last, ended = "", False
    try:
        pod.start([])
        yield Event(name, "started", f"{example.title}, in pod {NAMESPACE}/{pod.name}")
        for line in pod.lines():
            last = line or last
            if line and not line.startswith(_NOT_HERE):
                yield Event(name, "started", line)
        ended = True
    finally:
        if not ended:
            pod.cancel()
    pod.judge(last)
    yield Event(name, "done", "has run")
    return pod.name


def main(name: str, platform: str, as_json: bool) -> int:
    """Runs the example of that name and prints what it does; with `as_json` one JSON object for each step.

    Raises UsageError for a name that there is not, Unreachable when the platform does not run, Refused when it is an
    empty cluster, NoProgress when the example does not start, and DemoFailed with its last word when it fails.
    Interrupted, it ends what it began.
    """
    started = time.monotonic()
    example, pod = prepared(name, platform)
    last = ""
    if pod.wait_until_warm() and not as_json:
        print(f"waited {time.monotonic() - started:.1f} s for the platform to load what it keeps ready\n", flush=True)
    try:
        pod.start(["--json"] if as_json else [])
        for line in pod.lines():
            last = line or last
            if line.startswith("{") if as_json else not line.startswith(_NOT_HERE):
                print(line, flush=True)
    except KeyboardInterrupt:
        print(f"\ninterrupted; ending pod {NAMESPACE}/{pod.name}", file=sys.stderr, flush=True)
        pod.cancel()
        raise
    pod.judge(last)
    seconds = time.monotonic() - started
    if as_json:
        print(json.dumps({"step": "done", "seconds": round(seconds, 3), "pod": pod.name}), flush=True)
    else:
        print(f"done in {seconds:.1f} s\n\n{_further(example, platform)}", flush=True)
    return 0


def _further(example: Example, platform: str) -> str:
    env = command("env", platform)
    return f"""Look further:
  eval "$({env})"
  kubectl get {example.look} -A
  {command("tui", platform)}
Make it yours: {example.source} is the script that ran; change it and run it with Python."""
