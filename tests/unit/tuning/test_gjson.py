"""Conditions of trials: the part of gjson's paths that they are written in."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.tuning.gjson import PathError, get, parse

JOB = {
    "status": {
        "conditions": [
            {"type": "Running", "status": "False"},
            {"type": "Complete", "status": "True", "reason": "Done"},
            {"type": "Complete", "status": "False"},
        ],
        "counts": {"active": 2, "failed.now": 3},
    }
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ('status.conditions.#(type=="Complete")#|#(status=="True")#', [JOB["status"]["conditions"][1]]),
        ('status.conditions.#(type=="Failed")#|#(status=="True")#', []),
        ('status.conditions.#(type=="Complete")', JOB["status"]["conditions"][1]),
        ('status.conditions.#(type=="Failed")', None),
        ('status.conditions.#(type=="Complete")#.status', ["True", "False"]),
        ('status.conditions.#(type=="Complete")#|0.reason', "Done"),
        ('status.conditions.#(type%"Comp*")#.status', ["True", "False"]),
        ('status.conditions.#(type!="Complete")#.type', ["Running"]),
        ("status.conditions.#(reason)#.type", ["Complete"]),
        ("status.conditions.#", 3),
        ("status.conditions.#.type", ["Running", "Complete", "Complete"]),
        ("status.conditions.2.status", "False"),
        ("status.conditions.9", None),
        ("status.counts.active", 2),
        ("status.counts.failed\\.now", 3),
        ("status.cou*.active", 2),
        ("status.counts.@this.active", 2),
        ('status.counts.[@this].#(active=="2")#', []),
        ("status.counts.[@this].#(active==2)#", [JOB["status"]["counts"]]),
        ("status.counts.[@this].#(active==2)#|#", 1),
        ("nothing.at.all", None),
    ],
)
def test_paths(path: str, found: Any) -> None:
    assert get(JOB, path) == found


@pytest.mark.parametrize(
    "path",
    ["", "a.", "a..b", "#(", "#(a==", '#(a=="x"', "a.#(b==c)", "@pretty", "a|@keys", "a.[@this,b]", "@thisx", "{a,b}"],
)
def test_what_is_none(path: str) -> None:
    with pytest.raises(PathError):
        parse(path)
