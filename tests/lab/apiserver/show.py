#!/usr/bin/env python3
"""Prints what the real API server answers to cases, for whoever writes one; the embedded engine is not needed.

    python tests/lab/apiserver/show.py [--raw] [PATTERN ...]      # shell patterns over case names; none means all

Exits 1 when a case is wrong: when the real server does not answer what its steps expect.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from binaries.build import ensure

from apiserver.cases import CASES
from apiserver.crds import upstream_crds
from apiserver.normal import Normaliser
from apiserver.play import CaseIsWrong, play
from apiserver.real import real_server


def main() -> int:
    parser = argparse.ArgumentParser(description="Prints what the real API server answers to cases.")
    parser.add_argument("patterns", nargs="*", default=["*"], help="shell patterns over case names")
    parser.add_argument("--quiet", action="store_true", help="only say which cases are wrong")
    arguments = parser.parse_args()
    chosen = [case for case in CASES if any(fnmatchcase(case.name, one) for one in arguments.patterns)]
    checkout = Path(__file__).resolve().parents[3]
    mirror = Path(os.environ.get("MINIKF_UPSTREAM") or checkout.parent / "shared" / "upstream")
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        binaries = ensure(lambda line: print(line, file=sys.stderr))
        with real_server(binaries, Path(folder), upstream_crds(mirror)) as server:
            for case in chosen:
                try:
                    outcomes = Normaliser(server, case, play(server, case)).outcomes()
                except CaseIsWrong as why:
                    print(f"WRONG {why}")
                    wrong += 1
                    continue
                if arguments.quiet:
                    continue
                for label, outcome in zip(case.labels(), outcomes, strict=True):
                    print(f"--- {case.name}  {label}")
                    print(json.dumps(outcome, indent=1, ensure_ascii=False))
    print(f"{len(chosen)} cases, {sum(len(case.steps) for case in chosen)} calls, {wrong} wrong", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
