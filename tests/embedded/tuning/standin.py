"""Stands where the script in an image of Katib's examples was: takes its arguments, and says what it would have said.

The forms are those of Katib's trial images (kubeflow/katib v0.19.0, examples/v1beta1/trial-images): `name=value` lines;
with --log-path lines of that file, as JSON with --logger=hypertune; a checkpoint that is gone on with.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

STEPS = 3


def main(words: list[str]) -> None:
    given = dict(word.lstrip("-").split("=", 1) for word in words if word.startswith("--") and "=" in word)
    lr, momentum = float(given.get("lr", "0.02")), float(given.get("momentum", "0.5"))
    begun = 0
    checkpoint = Path(given["checkpoint"]) / "steps" if "checkpoint" in given else None
    if checkpoint is not None and checkpoint.exists():
        begun = int(checkpoint.read_text())
    for step in range(begun, begun + STEPS):
        loss = 0.1 + abs(lr - 0.02) + abs(momentum - 0.5) + 1 / (step + 1)
        tell(given, {"loss": f"{loss:.4f}", "accuracy": f"{1 / (1 + loss):.4f}"})
    if checkpoint is not None:
        checkpoint.write_text(str(begun + STEPS))
        print(f"Validation-accuracy={0.1 + lr / 10:.4f}")


def tell(given: dict[str, str], values: dict[str, str]) -> None:
    if "log-path" not in given:
        print("\n".join(f"{name}={value}" for name, value in values.items()), flush=True)
        return
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    lines = [f"{now} {{metricName: {name}, metricValue: {value}}}" for name, value in values.items()]
    if given.get("logger") == "hypertune":
        lines = [json.dumps({"timestamp": time.time(), **values})]
    with Path(given["log-path"]).open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main(sys.argv[1:])
