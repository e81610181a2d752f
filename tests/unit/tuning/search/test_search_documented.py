"""docs/tuning.md is what the tables say."""

from __future__ import annotations

from pathlib import Path

from minikf.embedded.tuning.search import ALGORITHMS
from scripts.tuning_reference import main, page

FILE = Path(__file__).resolve().parents[4] / "docs" / "tuning.md"


def test_the_page_is_up_to_date(tmp_path: Path) -> None:
    assert main(["--check", str(FILE)]) == 0
    old = tmp_path / "tuning.md"
    old.write_text(page().replace("sigma", "tau"))
    assert main(["--check", str(old)]) == 8


def test_every_algorithm_and_setting_is_on_it() -> None:
    text = page()
    for name, algorithm in ALGORITHMS.items():
        assert f"## {name}\n" in text
        for setting, one in algorithm.settings.items():
            assert one.inner != (f"| `{setting}` |" in text), setting
            assert one.inner or one.required or one.default, setting
            assert one.meaning
