"""What one world becomes on five clouds, in full. Rule-tested only: no such cluster was ever asked.

The files in translated/ are written anew by MINIKF_GOLDEN=write; their difference is then to be read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.promote.references import dotted
from minikf.promote.translate import Translation, translate
from minikf.promote.yamltext import dump
from tests.unit.promote.profiles_of_clouds import CLOUDS, profile
from tests.unit.promote.translate_world import IMAGES, SPECS, everything

FOLDER = Path(__file__).with_name("translated")
_HEAD = "# Rule-tested only. Written by MINIKF_GOLDEN=write, then read.\n"


def translated(cloud: str) -> Translation:
    objects, placeholders, origins = everything()
    return translate(objects, placeholders, SPECS[cloud], profile(cloud), here="team", images=IMAGES, origins=origins)


def told(done: Translation) -> dict[str, Any]:
    return {
        "findings": [
            f"{one.level.value} {one.rule}: {one.ref}, {one.where}: {one.message} ({one.cause}) -> {one.advice}"
            for one in done.findings
        ],
        "changes": [
            {
                "object": str(one.ref),
                "path": dotted(one.path),
                "old": one.old,
                "new": one.new,
                "rule": one.rule,
                "evidence": one.evidence,
            }
            for one in done.changes
        ],
        "objects": list(done.objects),
    }


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_world_becomes_what_it_must_on(cloud: str) -> None:
    text = _HEAD + dump(told(translated(cloud)))
    path = FOLDER / f"{cloud}.yaml"
    if os.environ.get("MINIKF_GOLDEN") == "write":
        path.write_text(text)
    assert yaml.safe_load(text) == yaml.safe_load(path.read_text())
    assert text == path.read_text()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_it_translates_to_itself_on(cloud: str) -> None:
    _objects, placeholders, origins = everything()
    first = translated(cloud)
    again = translate(
        first.objects, placeholders, SPECS[cloud], profile(cloud), here="team", images=IMAGES, origins=origins
    )
    assert [(one.rule, one.path, one.new) for one in again.changes] == []
    assert again.objects == first.objects


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_object_is_lost_and_every_change_says_why_on(cloud: str) -> None:
    objects, _placeholders, _origins = everything()
    done = translated(cloud)
    assert len(done.objects) == len(objects)
    assert all(one.rule and one.evidence for one in done.changes)
    assert all(one.message and one.cause and one.advice for one in done.findings)
