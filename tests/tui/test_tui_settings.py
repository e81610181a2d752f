"""The user's settings: keys, columns, theme, read-only; and what is said about bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from minikf.errors import UsageError
from minikf.tui.config import Config, read
from minikf.tui.greys import LEAST_CONTRAST, contrast
from tests.tui.fake_feed import pod
from tests.tui.screen import opened

GOOD = """
theme = "light"
read_only = true
animations = false
[keys]
delete = "ctrl+x"
"page.pods" = "P"
[columns]
pods = ["NAME", "STATE", "label:app"]
"""


def test_settings_are_read(tmp_path: Path) -> None:
    file = tmp_path / "tui.toml"
    file.write_text(GOOD)
    assert read(file) == Config(
        "light", True, False, {"delete": "ctrl+x", "page.pods": "P"}, {"pods": ("NAME", "STATE", "label:app")}
    )
    assert read(tmp_path / "none") == Config()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = 'pink'", "theme"), ("thema = 1", "thema"), ("read_only = 'yes'", "read_only"), ("keys = 1", "keys"),
        ("[keys]\nnothing = 'x'", "keys.nothing"), ("[keys]\ndelete = 1", "keys"),
        ("[columns]\npods = ['SHOE']", "columns.pods"), ("[columns]\nshoes = ['NAME']", "columns.shoes"),
        ("[columns]\npods = []", "columns.pods"), ("= what", "cannot be read"), ("\udcff", "cannot be read"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "tui.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UsageError) as caught:
        read(file)
    assert words in caught.value.message
    assert str(file) in caught.value.cause
    assert caught.value.advice


async def test_keys_and_columns_are_the_users() -> None:
    config = Config(keys={"page.pods": "P", "details": "i"}, columns={"pods": ("NAME", "label:app")})
    async with opened(config=config) as screen:
        web = pod("web")
        web["metadata"]["labels"] = {"app": "shop"}
        screen.feed.lists("pods", web)
        await screen.press("P")
        await screen.shows("pods")
        await screen.sees("NAME", "label:app", "shop", no="STATE")
        await screen.press("i")
        await screen.sees("Pod team/web")
        await screen.press("question_mark")
        await screen.sees("Keys: Details")


async def test_read_only_changes_nothing_and_offers_nothing_that_would() -> None:
    async with opened((80, 50), config=Config(read_only=True)) as screen:
        screen.feed.lists("pods", pod("web"))
        await screen.sees("read-only")
        await screen.open("pods")
        await screen.sees("web")
        await screen.press("ctrl+d")
        await screen.sees("read-only: Delete is off")
        await screen.press("x")
        await screen.sees("read-only: Shell in its pod is off")
        assert not screen.feed.asked
        await screen.press("question_mark")
        await screen.sees("Read-only", no="Delete")
        await screen.press("escape")
        screen.app.perform("delete")
        await screen.sees("read-only: Delete is off")
        assert not screen.feed.asked


@pytest.mark.parametrize("theme", ["dark", "light", "monochrome"])
async def test_there_are_themes(theme: str) -> None:
    async with opened(config=Config(theme=theme)) as screen:
        screen.feed.lists("pods", pod("web"))
        await screen.open("pods")
        await screen.sees("web")
        assert screen.app.current_theme.dark == (theme != "light")


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_without_colours_what_is_broken_can_be_read(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened((120, 24), Config(theme=theme)) as screen:
        screen.feed.lists("pods", pod("calm"), pod("broken", phase="Failed"))
        await screen.open("pods")
        await screen.sees("broken")
        await screen.press("j")
        await screen.pilot.pause()
        segments = [one for strip in screen.app.screen._compositor.render_strips() for one in strip]
        style = next(one.style for one in segments if "broken" in one.text)
        assert style is not None and style.color is not None and style.bgcolor is not None
        text, behind = (Color.from_rich_color(one) for one in (style.color, style.bgcolor))
        assert contrast(text, behind) >= LEAST_CONTRAST
        assert all(color.r == color.g == color.b for color in (text, behind))
