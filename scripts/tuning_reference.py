"""Writes docs/tuning.md from the algorithms' own tables: `python -m scripts.tuning_reference [--check] FILE`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from minikf.embedded.tuning.collectors import COLLECTORS
from minikf.embedded.tuning.search import ALGORITHMS, MEDIAN_STOP, Setting

HEAD = """# Tuning: algorithms and settings

Made by `make docs` from the program's own tables; do not edit. These are Katib's algorithms (`spec.algorithm`) and its
early stopping (`spec.earlyStopping`) as the embedded engine runs them. A setting that is not named here is refused.

- Parameters: `int` has a step of 1 unless `feasibleSpace.step` says another; `double` is continuous unless it has a
  step; a stepped parameter is only ever `min` plus whole steps. `discrete` and `categorical` are lists; their values
  are handed on as they are written. `distribution` (uniform, logUniform, normal, logNormal) is honoured by every
  algorithm except grid; the bell of normal and logNormal has its middle in the middle of the range, a sixth of the
  range as deviation, and ends at `min` and `max`.
- Every search is rebuilt from its trials, so it goes on after a restart. Without `random_state` it is seeded by the
  experiment's uid. A point that is being tried is not tried a second time at once, as long as there are others.
- Trials that failed, or whose objective is missing, NaN or infinite, teach nothing. Trials that were stopped early
  count with what they had reached.
"""


STOPPING = """A trial is stopped when, from its `start_step`th report on, the best one so far is worse than the mean of
what the trials that had succeeded before it began reported in as many (Katib's rule; its name calls it a median)."""


COLLECTING = """`spec.metricsCollectorSpec.collector.kind`. Early stopping works with each of them; with an endpoint a
change of a value counts as one report."""

REPORTING = """Push and Custom reach Katib's db-manager (`api.v1.beta1.DBManager`, gRPC) by its name on a cluster,
`katib-db-manager.kubeflow:6789`, which their pods' `/etc/hosts` has. It is started with the first of them. Only
processes of a trial's own running pods can report for it. Both need Linux with mount namespaces and are refused
elsewhere (macOS). From outside of pods the platform's user can read, for example with
`KatibClient.get_trial_metrics`: its `db_manager_address` is what `kubectl get --raw /katib/db_manager` says. An example
by Katib's SDK: `examples/push-metrics`.
"""


def page() -> str:
    """The whole reference page."""
    sections = [HEAD]
    for name, algorithm in ALGORITHMS.items():
        if algorithm.elsewhere:
            sections.append(f"## {name}\n\n{_sentence(algorithm.summary)} Refused here: {algorithm.elsewhere}.\n")
        else:
            sections.append(f"## {name}\n\n{_sentence(algorithm.summary)}\n\n{_table(algorithm.settings)}")
    sections.append(f"## Early stopping: medianstop\n\n{STOPPING}\n\n{_table(MEDIAN_STOP)}")
    sections.append(f"## Metrics collectors\n\n{COLLECTING}\n\n{_collectors()}\n{REPORTING}")
    return "\n".join(sections)


def _collectors() -> str:
    rows = ["| kind | what counts |", "|---|---|"]
    return "\n".join([*rows, *(f"| `{name}` | {kind.summary} |" for name, kind in COLLECTORS.items())]) + "\n"


def _table(settings: Mapping[str, Setting]) -> str:
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name, setting in settings.items():
        if not setting.inner:
            default = "required" if setting.required else setting.default
            rows.append(f"| `{name}` | {default} | {setting.meaning} |")
    return "\n".join(rows) + "\n"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def main(arguments: list[str]) -> int:
    """Writes the page, or with --check says whether the file is the page; exit code 8 where it differs."""
    file = Path(arguments[-1])
    if "--check" not in arguments:
        file.write_text(page())
        return 0
    if file.read_text() == page():
        return 0
    print(f"{file} is not what the tables say; run `make docs`", file=sys.stderr)
    return 8


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
