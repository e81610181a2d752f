"""Names of environments, and the words after `pip install`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from minikf.embedded.environments import Base, Wanted, canonical, key
from minikf.embedded.forkserver.shims.pipargs import PipUsageError, parse
from minikf.embedded.forkserver.shims.satisfied import is_satisfied

BASE = Base("/py", "/site", {"a": "1"})


def test_the_name_depends_on_everything_that_matters() -> None:
    wanted = Wanted(("x==1",))
    names = {
        key(BASE, wanted),
        key(BASE, Wanted(("x==2",))),
        key(BASE, replace(wanted, index=("--index-url", "u"))),
        key(BASE, replace(wanted, no_deps=True)),
        key(Base("/py", "/site", {"a": "2"}), wanted),
        key(Base("/other", "/site", {"a": "1"}), wanted),
    }
    assert len(names) == 6
    assert key(BASE, wanted) == key(BASE, Wanted(("x==1",)))
    assert all(len(name) == 32 for name in names)


def test_what_was_asked_for_before_stays() -> None:
    both = Wanted(("b",)).with_earlier(Wanted(("a",), ("--no-index",)))
    assert (both.requirements, both.index) == (("a", "b"), ("--no-index",))
    assert Wanted(("a",)).with_earlier(Wanted(("a",))).requirements == ("a",)


def test_names_are_compared_as_pep_503_says() -> None:
    assert canonical("Scikit_Learn.X") == "scikit-learn-x"
    assert canonical("a--b__c") == "a-b-c"


def test_pips_words() -> None:
    words = "-q --user --index-url=U --extra-index-url V -f W --no-deps --pre -U x==1 y[z]>2 --timeout 3"
    found = parse(words.split())
    wanted = found.wanted()
    assert wanted.requirements == ("x==1", "y[z]>2")
    assert wanted.index == ("--index-url", "U", "--extra-index-url", "V", "--find-links", "W")
    assert (wanted.no_deps, wanted.pre, wanted.upgrade) == (True, True, True)
    assert "--quiet" in found.flags


def test_files_of_requirements(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("c\n")
    (tmp_path / "r.txt").write_text(
        "# no\na==1  # yes\n\nb>=2; \\\n python_version > '3'\n-r more.txt\n--index-url U\n"
    )
    found = parse(["-r", str(tmp_path / "r.txt")])
    assert found.requirements == ["a==1", "b>=2;   python_version > '3'", "c"]
    assert found.index == ["--index-url", "U"]


def test_local_things_are_private_to_a_container(tmp_path: Path) -> None:
    (tmp_path / "x.whl").write_text("")
    assert parse([str(tmp_path / "x.whl")]).private
    assert parse(["-e", str(tmp_path)]).private
    assert not parse(["git+https://host/repo"]).private
    assert parse(["--target", "/x", "y"]).elsewhere == "--target"


@pytest.mark.parametrize("words", [["-r"], ["--index-url"], ["-r", "/no/such/file"], ["./no/such.whl"]])
def test_wrong_words_are_told(words: list[str]) -> None:
    with pytest.raises(PipUsageError):
        parse(words)


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("packaging", True),
        ("Packaging>=20", True),
        ("packaging<1", False),
        ("no-such-distribution-at-all", False),
        ("no-such-distribution-at-all; python_version < '3'", True),
        ("packaging @ https://example.com/x.whl", False),
        ("not a requirement", False),
    ],
)
def test_what_is_there_already(requirement: str, expected: bool) -> None:
    assert is_satisfied(Wanted((requirement,))) is expected


def test_upgrades_and_constraints_are_looked_at() -> None:
    assert not is_satisfied(Wanted(("packaging",), upgrade=True))
    assert not is_satisfied(Wanted(("packaging",), constraints=("packaging<1",)))
