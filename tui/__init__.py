"""The terminal UI. Importing this loads no Textual; `run` does."""

from __future__ import annotations


def run(platform: str, *, read_only: bool = False) -> int:
    """Opens the terminal UI on a platform, which need not run: it is looked for until the user quits.

    Returns the program's exit code. Raises UsageError on a bad platform name or bad settings and Refused on a damaged
    record, before anything is shown.
    """
    from minikf.engine.record import Platform
    from minikf.paths import PlatformPaths

    Platform.read(PlatformPaths.of(platform))
    from dataclasses import replace

    from minikf.tui import config

    settings = config.read(config.file())
    from minikf.tui.app import MinikfApp
    from minikf.tui.live import LiveFeed

    app = MinikfApp(platform, LiveFeed(platform), replace(settings, read_only=read_only or settings.read_only))
    app.run()
    return app.return_code or 0
