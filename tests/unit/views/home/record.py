"""Records a running platform's scene: `python -m tests.unit.views.home.record PLATFORM FILE [NAMESPACE...]`.

What causes are never looked for in is left out, so that the files stay small.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from minikf.status import access
from minikf.views.home.look import look
from minikf.views.home.scene import Scene

FOLDER = Path(__file__).with_name("recorded")
_NOISE = frozenset(
    {
        "managedFields",
        "resourceVersion",
        "selfLink",
        "generateName",
        "tolerations",
        "securityContext",
        "dnsPolicy",
        "schedulerName",
        "terminationGracePeriodSeconds",
        "enableServiceLinks",
        "preemptionPolicy",
        "priority",
        "serviceAccount",
        "serviceAccountName",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "terminationMessagePath",
        "terminationMessagePolicy",
        "volumeMounts",
        "ports",
        "images",
        "imageID",
        "containerID",
        "caBundle",
        "daemonEndpoints",
        "addresses",
        "sessionAffinity",
        "ipFamilies",
        "ipFamilyPolicy",
        "internalTrafficPolicy",
        "hostIPs",
        "podIPs",
        "rollingUpdate",
        "progressDeadlineSeconds",
        "revisionHistoryLimit",
        "source",
        "reportingComponent",
        "reportingInstance",
        "projected",
        "allocatedResources",
        "resourcesStatus",
        "lastHeartbeatTime",
        "lastProbeTime",
    }
)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def lean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: lean(one) for key, one in value.items() if key not in _NOISE and key != _LAST_APPLIED}
    return [lean(one) for one in value] if isinstance(value, list) else value


def scene(name: str) -> Scene:
    """A recorded one."""
    return Scene(**json.loads((FOLDER / f"{name}.json").read_text()))


_seen: dict[str, int] = {}


def _few(event: Any, most: int = 4) -> bool:
    """A controller that tries again says the same a hundred times."""
    about = str(event["involvedObject"].get("uid"))
    _seen[about] = _seen.get(about, 0) + 1
    return _seen[about] <= most


def main(platform: str, file: str, *namespaces: str) -> None:
    found = look(access(platform))
    objects = {
        kind: [
            lean(one) for one in some
            if not namespaces or one["metadata"].get("namespace") in (None, *namespaces)
        ]
        for kind, some in found.objects.items()
    }  # fmt: skip
    objects["Event"] = [one for one in objects["Event"] if _few(one)]
    logs = {key: text for key, text in found.logs.items() if not namespaces or key.partition("/")[0] in namespaces}
    body = {"objects": objects, "logs": logs, "kubectl": "kubectl", "embedded": found.embedded}
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).replace('},{"metadata', '},\n{"metadata')
    Path(file).write_text(f"{text}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
