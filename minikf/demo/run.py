"""`minikf demo`: the example as a pod of the platform, its lines as they come, and where to look further.

The example imports four SDKs, which takes seconds in a fresh process. As a pod it is forked from the platform's warm
server, where they are loaded already, and it runs as any user's program on the platform would.
"""

from __future__ import annotations

import json
import sys
import time

from minikf.commands import command
from minikf.demo.pod import NAMESPACE, DemoPod
from minikf.status import access


def main(platform: str, as_json: bool) -> int:
    """Runs the example and prints what it does; with `as_json` one JSON object for each step.

    Raises Unreachable when the platform does not run, NoProgress when the example does not start, and DemoFailed with
    its last word when it fails. Interrupted, it ends what it began.
    """
    started = time.monotonic()
    reached = access(platform)
    pod = DemoPod(reached)
    last = ""
    if pod.wait_until_warm() and not as_json:
        print(f"waited {time.monotonic() - started:.1f} s for the platform to load what it keeps ready\n", flush=True)
    try:
        pod.start(["--json"] if as_json else [])
        for line in pod.lines():
            last = line or last
            if not as_json or line.startswith("{"):
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
        print(f"done in {seconds:.1f} s\n\n{_further(platform)}", flush=True)
    return 0


def _further(platform: str) -> str:
    env = command("env", platform)
    return f"""Look further:
  eval "$({env})"
  kubectl get trainjobs,inferenceservices,pods -A
  {command("tui", platform)}
Make it yours: examples/first-model/first_model.py is the script that ran; change it and run it with Python."""
