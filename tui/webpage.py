"""The page around the terminal. Textual-serve's own asks Google for a font; this one asks nobody."""

from __future__ import annotations

STATIC = "/static/"
SOCKET = "/ws"

# `unsafe-inline` is for styles only: xterm.js, which draws the terminal, writes them.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws://{host}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>MiniKF {platform}</title>
<link rel="stylesheet" href="{static}css/xterm.css">
<script src="{static}js/textual.js"></script>
<style>
  @font-face {{
    font-family: "Roboto Mono"; src: url("{static}fonts/RobotoMono-VariableFont_wght.ttf"); font-weight: 100 700;
  }}
  @font-face {{
    font-family: "Roboto Mono"; font-style: italic; font-weight: 100 700;
    src: url("{static}fonts/RobotoMono-Italic-VariableFont_wght.ttf");
  }}
  body {{ background: #121212; color: #e0e0e0; font-family: "Roboto Mono", monospace; overflow: hidden; }}
  p {{ position: absolute; inset: 40% 0 auto; text-align: center; z-index: 10; display: none; }}
  body.-closed p {{ display: block; }}
  body.-closed .textual-terminal {{ opacity: 20%; }}
  a {{ color: inherit; }}
</style>
<body>
<p>The session has ended. <a href="/">Open it again</a> while <code>minikf tui --web</code> runs.</p>
<div id="terminal" class="textual-terminal" data-session-websocket-url="ws://{host}{socket}" data-font-size="{size}">
</div>
</body>
</html>
"""


def page(platform: str, host: str, font_size: int) -> str:
    """`platform` is a checked name, `host` a checked Host header: neither holds what HTML would act on."""
    return _PAGE.format(platform=platform, host=host, static=STATIC, socket=SOCKET, size=font_size)


def onward() -> str:
    """Leads to the page: not by a redirect, which would not bring a strict cookie along."""
    return '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/">\n'
