"""Loss curves."""

from __future__ import annotations

from minikf.tui.pictures.chart import chart, lines_of
from minikf.tui.pictures.picture import Picture
from minikf.views.training.curves import Curves, together


def loss_curves(
    curves: Curves,
    width: int,
    height: int,
    *,
    ascii_only: bool = False,
    names: tuple[str, ...] = (),
    over: bool = False,
) -> Picture:
    """The losses over steps or epochs, or the metrics of these names; logarithmic where they span decades. `over` is
    whether the training has ended: then no more values come."""
    chosen = [curves.by_name[name] for name in names if name in curves.by_name] if names else curves.losses()
    by, series = together(chosen)
    empty = _nothing(curves) if over else "no values yet"
    return chart(lines_of(series), width, height, x_label=by, is_log=None, ascii_only=ascii_only, empty=empty)


def _nothing(curves: Curves) -> str:
    return "no curve: each metric has one value" if curves.by_name else "its log has no values such as loss=0.12"
