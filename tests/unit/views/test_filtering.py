"""What a filter holds, and in which order a list is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.views.filtering import holds
from minikf.views.kinds import BY_KIND
from minikf.views.ordering import Order, ordered
from tests.tui.fake_feed import item, pod, train_job

WEB = pod("web-1", phase="Running") | {"spec": {"containers": [{"name": "c"}], "hostNetwork": True}}
WEB["metadata"]["labels"] = {"app": "web", "tier": "front=end"}


@pytest.mark.parametrize(
    ("text", "is_held"),
    [
        ("", True), ("web", True), ("WEB run", True), ("web fail", False), ("!fail", True), ("!web", False),
        ("label:app=web", True), ("label:app=db", False), ("label:app!=db", True), ("label:none!=x", True),
        ("label:app", True), ("label:none", False), ("label:tier=front=end", True),
        ("status.phase=Running", True), ("status.phase!=Running", False), ("spec.hostNetwork=true", True),
        ("spec.none.deeper=", True), ("team/web-1", True), ("!", False), ("label:app=web fail", False),
    ],
)  # fmt: skip
def test_a_filter_holds(text: str, is_held: bool) -> None:
    assert holds(text)(item("pods", WEB)) == is_held


@given(st.text())
def test_any_text_is_a_filter(text: str) -> None:
    assert holds(text)(item("pods", WEB)) in (True, False)


def test_worst_first_then_newest_then_by_name() -> None:
    jobs = [
        train_job("done", complete=True, minute=9), train_job("old", minute=1), train_job("b", minute=5),
        train_job("a", minute=5), train_job("broken", failed="x"),
    ]  # fmt: skip
    found = ordered([item("trainjobs", each) for each in jobs], BY_KIND["trainjobs"])
    assert [each.name for each in found] == ["broken", "a", "b", "old", "done"]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (Order("NAME"), ["a", "b", "c"]),
        (Order("NAME", reverse=True), ["c", "b", "a"]),
        (Order("AGE"), ["b", "c", "a"]),
        (Order("STATE"), ["c", "a", "b"]),
        (Order("NO SUCH"), ["c", "b", "a"]),
    ],
)
def test_a_list_is_sorted_by_what_a_column_means(order: Order, names: list[str]) -> None:
    jobs = [train_job("a", minute=1), train_job("b", minute=9), train_job("c", failed="x", minute=5)]
    found = ordered([item("trainjobs", each) for each in jobs], BY_KIND["trainjobs"], order)
    assert [each.name for each in found] == names
