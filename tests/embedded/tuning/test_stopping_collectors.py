"""Early stopping with the collectors whose values do not come as lines: event files, an endpoint, reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikf.spec import Access
from tests.embedded.tuning import katibwire
from tests.embedded.tuning.test_real_trials import (
    ROOT,
    Object,
    _free_port,
    create,
    ended,
    experiment,
    gone,
    noted,
    trials_of,
)
from tests.embedded.wire import Wire

HERE = Path(katibwire.__file__).resolve().parent
STOPPING = {
    "algorithmName": "medianstop",
    "algorithmSettings": [{"name": "min_trials_required", "value": "1"}, {"name": "start_step", "value": "2"}],
}
EVENTS = """
import eventwriter
writer = eventwriter.EventWriter("/logs/train")
def tell(value, step):
    writer.add("loss", value, step)
"""
ENDPOINT = """
import http.server, threading
told = None
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if told is None else 200); self.end_headers()
        self.wfile.write(f"loss {told}\\n".encode())
    def log_message(self, *words):
        pass
class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True
threading.Thread(target=Server(("127.0.0.1", PORT), Handler).serve_forever, daemon=True).start()
def tell(value, step):
    global told
    told = value
    time.sleep(0.6)
"""
REPORTS = """
import katibwire
def tell(value, step):
    katibwire.report(os.environ["KATIB_TRIAL_NAME"], {"loss": str(value)})
"""


def stopped_experiment(name: str, folder: Path, tell: str, collector: Object) -> Object:
    """The first trial is good and ends; the second one is bad and would go on for ten minutes."""
    code = f"""
import os, pathlib, sys, time
sys.path.insert(0, {str(HERE)!r})
{tell}
folder = pathlib.Path({str(folder)!r})
good, choice = not list(folder.iterdir()), "X"
(folder / f"{{os.getpid()}}.pid").write_text(str(os.getpid()))
for step in range(5 if good else 30):  # one that is looked at rarely is still seen to change
    tell((0.1 if good else 0.9) - step / 1000, step)
time.sleep(0 if good else 600)
"""
    parameters = [{"name": "x", "parameterType": "categorical", "feasibleSpace": {"list": ["a", "b"]}}]
    return experiment(
        name, code, earlyStopping=STOPPING, algorithm={"algorithmName": "grid"}, parameters=parameters,
        maxTrialCount=2, parallelTrialCount=1, metricsCollectorSpec=collector,
    )  # fmt: skip


def of_kind(kind: str, **source: Any) -> Object:
    return {"collector": {"kind": kind}, **({"source": source} if source else {})}


@pytest.mark.parametrize("kind", ["TensorFlowEvent", "Push", "PrometheusMetric"])
async def test_a_bad_trial_is_stopped(platform: Access, tmp_path: Path, kind: str) -> None:
    wire, port = Wire(platform), _free_port()
    tell, collector = {
        "TensorFlowEvent": (EVENTS, of_kind(kind, fileSystemPath={"path": "/logs/train"})),
        "Push": (REPORTS, of_kind(kind)),
        "PrometheusMetric": (ENDPOINT.replace("PORT", str(port)), of_kind(kind, httpGet={"port": port})),
    }[kind]
    name = f"stop-{kind.lower()[:4]}"
    made = stopped_experiment(name, tmp_path, tell, collector)
    if kind == "PrometheusMetric":
        made["spec"]["parallelTrialCount"] = 2  # and yet one after another: both want the same port
    await create(wire, made)
    done = await ended(wire, name)
    assert (done["status"].get("trialsSucceeded"), done["status"].get("trialsEarlyStopped")) == (1, 1), (
        done["status"],
        await trials_of(wire, name),
    )
    (stopped,) = done["status"]["earlyStoppedTrialList"]
    trial = (await wire.ask("GET", f"{ROOT}/trials/{stopped}")).json
    assert float(trial["status"]["observation"]["metrics"][0]["max"]) == pytest.approx(0.9, abs=0.03)
    assert len(noted(tmp_path)) == 2
    await gone(noted(tmp_path))
    if kind == "PrometheusMetric":
        said = (await wire.ask("GET", "/api/v1/namespaces/default/events")).json["items"]
        (text,) = [one["message"] for one in said if one["reason"] == "TrialsOneByOne"]
        assert f"port {port}" in text
