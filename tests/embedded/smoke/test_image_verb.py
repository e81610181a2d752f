"""`minikf image build` where no images run: refused with the reason, before anything is built."""

from __future__ import annotations

import json
from pathlib import Path

from minikf.spec import Access
from tests.embedded.homes import Home


def test_it_is_refused_before_anything_is_built(platform: Access, session_home: Home, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print(1)\n")
    done = session_home.minikf("image", "build", str(tmp_path), "--json", code=10)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert len(events) == 1 and "takes no images" in events[0]["message"]
    assert "--engine k3d" in events[0]["advice"]
