"""Lineages as graphs: who came of whom, without secrets, as text and as pictures."""

from __future__ import annotations

import base64
import json
import random
import re
import time
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from minikf.lineage import joining
from minikf.lineage.graph import ARTIFACT, SERVICE, TASK, Edge, Graph, Node, code_of, data_of
from minikf.lineage.layout import WIDTH, layout
from minikf.lineage.masking import MASK, masked
from minikf.lineage.picture import FORMATS, dot, mermaid, svg
from minikf.lineage.sources import served
from minikf.lineage.tree import lines
from minikf.promote.secrets import values


def artifact(number: int, **facts: Any) -> Node:
    return Node(f"Artifact/{number}", ARTIFACT, f"data-{number}", {"type": "system.Dataset", **facts})


def task(name: str, **facts: Any) -> Node:
    return Node(f"Task/{name}", TASK, name, {"state": "SUCCEEDED", "codeSha256": "c" * 64, "run": "r", **facts})


def graph(nodes: list[Node], edges: list[tuple[str, str]], *focus: str) -> Graph:
    return Graph(focus, {one.id: one for one in nodes}, tuple(Edge(a, b, "x") for a, b in edges))


def chain(length: int) -> Graph:
    """Artifact, step, artifact, ...; the focus is the last artifact."""
    nodes: list[Node] = []
    edges = []
    for number in range(length):
        nodes += [artifact(number), task(f"t{number}")]
        edges.append((f"Artifact/{number}", f"Task/t{number}"))
        if number:
            edges.append((f"Task/t{number - 1}", f"Artifact/{number}"))
    return graph(nodes, edges, f"Artifact/{length - 1}")


def test_where_data_begins_and_which_code_ran() -> None:
    nodes = [artifact(0), task("clean"), artifact(1), task("fit"), artifact(2), artifact(9), task("other")]
    nodes.append(task("reused", state="CACHED"))
    edges = [
        ("Artifact/0", "Task/clean"),
        ("Task/clean", "Artifact/1"),
        ("Artifact/1", "Task/fit"),
        ("Task/fit", "Artifact/2"),
        ("Artifact/9", "Task/fit"),
        ("Artifact/2", "Task/other"),
        ("Artifact/2", "Task/reused"),
    ]
    found = graph(nodes, edges, "Artifact/2")
    assert [one.id for one in data_of(found)] == ["Artifact/0", "Artifact/9"]
    assert [one.id for one in code_of(found)] == ["Task/clean", "Task/fit"]
    told = found.as_dict()
    assert (told["data"], told["focus"]) == (["Artifact/0", "Artifact/9"], ["Artifact/2"])
    json.dumps(told)


def test_a_circle_is_told_once() -> None:
    nodes = [artifact(0), task("a"), artifact(1), task("b")]
    edges = [
        ("Artifact/0", "Task/a"),
        ("Task/a", "Artifact/1"),
        ("Artifact/1", "Task/b"),
        ("Task/b", "Artifact/0"),
        ("Artifact/1", "Artifact/1"),
    ]
    found = graph(nodes, edges, "Artifact/1")
    text = "\n".join(lines(found))
    assert text.count("(see above)") >= 2 and len(text.splitlines()) < 40
    assert {one.tag.rpartition("}")[2] for one in ET.fromstring(svg(found)).iter()} >= {"rect", "path", "text"}


def test_a_thousand_artifacts_in_a_row() -> None:
    found = chain(1000)
    began = time.monotonic()
    text = list(lines(found))
    picture = svg(found)
    assert sum("data-0 " in line for line in text) >= 1
    assert len(data_of(found)) == 1 and len(code_of(found)) == 999
    assert len(ET.fromstring(picture).findall("{http://www.w3.org/2000/svg}g")) == 2000
    assert time.monotonic() - began < 60  # not a measurement: it must not be of another order


def boxes_overlap(found: Graph) -> bool:
    placed = list(layout(found, dict.fromkeys(found.nodes, 4)).boxes.values())
    return any(
        a.x == b.x and a.y < b.y + b.height and b.y < a.y + a.height
        for number, a in enumerate(placed)
        for b in placed[number + 1 :]
    )


def test_boxes_stand_apart_and_after_what_they_came_of() -> None:
    nodes = [artifact(number) for number in range(12)] + [task("t")]
    found = graph(
        nodes, [(f"Artifact/{n}", "Task/t") for n in range(6)] + [("Task/t", f"Artifact/{n}") for n in range(6, 12)]
    )
    placed = layout(found, dict.fromkeys(found.nodes, 4))
    assert not boxes_overlap(found)
    assert all(route.start[0] == placed.boxes[route.edge.source].x + WIDTH < route.end[0] for route in placed.routes)
    assert max(box.y + box.height for box in placed.boxes.values()) < placed.height
    assert not boxes_overlap(chain(5)) and layout(graph([], []), {}).boxes == {}


def points(path: str) -> list[tuple[float, float]]:
    """Points along an SVG path of M, L and C, close together."""
    found: list[tuple[float, float]] = []
    for command, numbers in re.findall(r"([MLC])([-\d. ]+)", path):
        given = [float(one) for one in numbers.split()]
        ends = list(zip(given[::2], given[1::2], strict=True))
        if command == "M":
            found.append(ends[0])
        elif command == "L":
            (x, y), (to_x, to_y) = found[-1], ends[0]
            found += [(x + (to_x - x) * t / 200, y + (to_y - y) * t / 200) for t in range(1, 201)]
        else:
            way = [found[-1], *ends]
            for t in (step / 100 for step in range(1, 101)):
                weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
                found.append(
                    tuple(sum(w * one[axis] for w, one in zip(weights, way, strict=True)) for axis in (0, 1))  # type: ignore[arg-type]
                )
    return found


@pytest.mark.parametrize("seed", range(6))
def test_no_arrow_passes_behind_a_box(seed: int) -> None:
    """Layers of steps, each of which takes artifacts of any layer before it; seeds 4 and 5 have circles, too."""
    dice = random.Random(seed)
    nodes, edges, made = [], [], ["Artifact/0"]
    nodes.append(artifact(0))
    for number in range(1, 40):
        nodes += [task(f"t{number}"), artifact(number)]
        edges += [(one, f"Task/t{number}") for one in dice.sample(made, min(len(made), 3))]
        edges.append((f"Task/t{number}", f"Artifact/{number}"))
        made.append(f"Artifact/{number}")
    if seed > 3:
        edges += [("Artifact/39", "Task/t1"), ("Artifact/20", "Task/t20")]
    found = graph(nodes, edges)
    root = ET.fromstring(svg(found))
    space = "{http://www.w3.org/2000/svg}"
    rects = [
        tuple(float(group.find(f"{space}rect").get(name)) for name in ("x", "y", "width", "height"))  # type: ignore[union-attr, arg-type]
        for group in root.findall(f"{space}g")
    ]
    assert len(rects) == 79
    paths = [one.get("d", "") for one in root.findall(f"{space}path")]
    assert len(paths) == len(found.edges)
    assert sum(len(path.split("C")) > 2 for path in paths) > 10, "there are long arrows to look at"
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for path in paths:
        for x, y in points(path):
            assert 0 < x < width and 0 < y < height
            assert not [r for r in rects if r[0] < x < r[0] + r[2] and r[1] < y < r[1] + r[3]], path


def test_more_long_arrows_than_there_are_places_run_above_all() -> None:
    ends = [("Artifact/0", f"Task/{n}") for n in range(1, 300)]
    found = graph(
        [artifact(n) for n in range(300)] + [task(str(n)) for n in range(1, 300)],
        ends
        + [
            edge for n in range(1, 300) for edge in ((f"Artifact/{n - 1}", f"Task/{n}"), (f"Task/{n}", f"Artifact/{n}"))
        ],
    )
    placed = layout(found, dict.fromkeys(found.nodes, 4))
    lanes = [route for route in placed.routes if route.lane is not None]
    assert lanes and all(route.lane < min(box.y for box in placed.boxes.values()) for route in lanes)  # type: ignore[operator]
    assert not boxes_overlap(found)


NASTY = 'a"b<c>&\\ \x00 ü "; DROP [x] --> {y} #1'


def test_pictures_are_sound_whatever_names_hold() -> None:
    one = artifact(1, uri=NASTY)
    nodes = [one, Node("Task/x", TASK, NASTY, {"parameters": {NASTY: NASTY}})]
    found = Graph(("Artifact/1",), {node.id: node for node in nodes}, (Edge("Artifact/1", "Task/x", NASTY),))
    root = ET.fromstring(svg(found))
    assert root.get("width") and 'a"b<c>&' in "".join(root.itertext())
    assert mermaid(found).startswith("flowchart LR\n") and '"b' not in mermaid(found).split("n1[")[1].split("]")[0]
    assert dot(found).count("{") >= 1 and '\\"b<c>' in dot(found)
    assert sorted(FORMATS) == [".dot", ".mmd", ".svg"]


def test_the_text_of_a_gone_file_and_a_deleted_run() -> None:
    gone = Node("Run/r", "Run", "r", {"missing": "the run was deleted"})
    found = graph(
        [artifact(1, content="MISSING", uri="/x", sha256="a" * 64, size=5), gone],
        [("Run/r", "Artifact/1")],
        "Artifact/1",
    )
    text = "\n".join(lines(found))
    assert "its file is gone" in text and "Run r: the run was deleted" in text
    assert "sha256:aaaaaaaaaaaa, 5 bytes" in text


# -- secrets ----------------------------------------------------------------------------------------------------------

TOKEN = "s3cr3t-V4lue-of-mine"


def test_secrets_are_nowhere() -> None:
    encoded = base64.b64encode(TOKEN.encode()).decode()
    secret = {"metadata": {"name": "s"}, "data": {"token": encoded, "pin": base64.b64encode(b"4711").decode()}}
    parameters = {
        "note": f"use {TOKEN} here",
        "password": "short",
        "api_key": "k",
        "pin": 4711,
        "inner": {"auth_token": "abc", "fine": "4711"},
        "url": "https://user:pw@host/x?X-Amz-Signature=abcdef&part=1",
        "aws": "AKIAABCDEFGHIJKLMNOP",
        "jwt": "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl",
        "key": "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
        "rows": 20,
        "tokenizer": "bert",
    }
    node = task("t", parameters=parameters, error=f"refused {encoded}")
    source = Node(f"Source/s3://{TOKEN}@bucket/x", "Source", f"s3://{TOKEN}@bucket/x")
    found = Graph((node.id,), {node.id: node, source.id: source}, (Edge(source.id, node.id, "data"),))
    shown = masked(found, values([secret]))
    text = json.dumps(shown.as_dict()) + "".join(lines(shown)) + svg(shown) + mermaid(shown) + dot(shown)
    for part in (TOKEN, encoded, "4711", "user:pw", "abcdef", "AKIA", "c2lnbmF0dXJl", "PRIVATE", "short"):
        assert part not in text, part
    facts = shown.nodes["Task/t"].facts["parameters"]
    assert (facts["rows"], facts["tokenizer"], facts["url"]) == (
        20,
        "bert",
        f"https://{MASK}@host/x?X-Amz-Signature={MASK}&part=1",
    )
    assert all(edge.source in shown.nodes and edge.target in shown.nodes for edge in shown.edges)


# -- joining ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "artifact_uri", "is_part"),
    [
        ("/a/b/model", "/a/b/model", True),
        ("file:///a/b/model", "/a/b/model", True),
        ("file:///a/b%20c/model.joblib", "/a/b c", True),
        ("/a/b/model2", "/a/b/model", False),
        ("s3://bucket/x#sha256=00", "s3://bucket/x", True),
        ("", "/a", False),
    ],
)
def test_which_artifact_an_address_is_a_part_of(uri: str, artifact_uri: str, is_part: bool) -> None:
    assert joining.is_part(uri, artifact_uri) is is_part


def test_versions_that_an_address_of_the_registry_means() -> None:
    def version(name: str, digest: str, newest: bool) -> dict[str, Any]:
        return {"name": name, "newestLive": newest, "artifacts": [{"digest": digest}]}

    model = {"versions": [version("v1", "sha256:a", False), version("v2", "sha256:b", True)]}
    assert joining.registered("model-registry://my%20m/v1") == ("my m", "v1")
    assert joining.registered("model-registry://host/m/v1") == ("m", "v1")
    assert joining.registered("model-registry://m") == ("m", "")
    assert joining.registered("file:///m") is None
    named = joining.version_of(model, "v1", "")
    served_now = joining.version_of(model, "", "sha256:a")
    newest = joining.version_of(model, "", "")
    assert [one and one["name"] for one in (named, served_now, newest)] == ["v1", "v1", "v2"]
    assert joining.version_of(model, "v3", "") is None


def test_a_service_answers_with_what_its_ready_pod_has() -> None:
    service = {
        "metadata": {"name": "m", "namespace": "ns"},
        "spec": {"predictor": {"model": {"storageUri": "file:///new"}}},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "components": {"predictor": {"latestReadyRevision": "m-predictor-1abc"}},
        },
    }
    marks = {"minikf/revision": "1abc", "minikf/model-uri": "file:///old", "minikf/model-digest": "sha256:d"}
    label = {"serving.kserve.io/inferenceservice": "m"}
    pod = {"metadata": {"namespace": "ns", "labels": label, "annotations": marks}}
    other = {"metadata": {"namespace": "other", "labels": label, "annotations": {**marks, "minikf/model-uri": "x"}}}
    now = served(service, [other, pod])
    assert (now.uri, now.digest, now.is_ready, now.is_current) == ("file:///old", "sha256:d", True, False)
    assert served(service, []).uri == "file:///new" and not served(service, []).is_ready
    assert Node("InferenceService/a/b", SERVICE, "b").text("url") == ""
