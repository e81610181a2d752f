"""The process in which searches compute: questions on standard input, answers on standard output, until the input ends.

Each message is a pickle; both ends are the same program of the same user, joined by a pipe that nobody else has.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from collections.abc import Sequence
from typing import BinaryIO

from minikf.embedded.tuning.search import SearchError, forget, suggest
from minikf.embedded.tuning.search.model import Batch, Observed, Problem

Question = tuple[Problem, Sequence[Observed], int]
# The message and the advice of a SearchError, or what else went wrong as text.
Answer = Batch | tuple[str, str] | str


def main() -> int:
    """Answers until nobody can ask any more."""
    # Libraries may print: what they say goes to the log, and never between two answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    questions = sys.stdin.buffer
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            _answer(pickle.load(questions), answers)
    return 0


def _answer(question: Question | str, answers: BinaryIO) -> None:
    """A text is the uid of an experiment that is gone, and has no answer."""
    if isinstance(question, str):
        forget(question)
        return
    data = pickle.dumps(_result(*question))
    answers.write(len(data).to_bytes(4) + data)
    answers.flush()


def _result(problem: Problem, trials: Sequence[Observed], count: int) -> Answer:
    try:
        return suggest(problem, trials, count)
    except SearchError as error:
        return error.message, error.advice
    except Exception as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
