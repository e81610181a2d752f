"""The kinds of metrics collectors, and how each one's values get here: by what pods write, serve or report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WRITTEN, SERVED, REPORTED = "written", "served", "reported"


@dataclass(frozen=True)
class Kind:
    """`summary` is for docs/tuning.md."""

    way: str
    summary: str


COLLECTORS: Mapping[str, Kind] = {
    "StdOut": Kind(WRITTEN, "what the trial prints, as `name=value` or by `source.filter`"),
    "File": Kind(WRITTEN, "lines of a file in a volume at its folder: text, or JSON with one object a line"),
    "TensorFlowEvent": Kind(WRITTEN, "scalars in TensorBoard's event files in a volume"),
    "PrometheusMetric": Kind(
        SERVED, "samples of the trial's own endpoint; trials run one after another, as all want the same port"
    ),
    "Push": Kind(REPORTED, "what the trial sends by `kubeflow.katib.report_metrics`, to its default address"),
    "Custom": Kind(REPORTED, "what a container of yours (`customCollector`, with a command) sends from its pod"),
}


def kind_of(spec: Mapping[str, object] | None) -> str:
    """The kind of a metricsCollectorSpec."""
    collector = (spec or {}).get("collector")
    return str((collector.get("kind") if isinstance(collector, dict) else "") or "StdOut")


def way_of(spec: Mapping[str, object] | None) -> str:
    """How its values get here; "" for a kind that is none."""
    kind = COLLECTORS.get(kind_of(spec))
    return kind.way if kind is not None else ""
