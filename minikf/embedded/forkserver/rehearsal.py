"""What libraries put off until they are first used, done before anybody waits for it.

Imported last by a warm server, it is gone through once, which fills caches: scikit-learn asks narwhals for plug-ins,
which reads the metadata of every package there is; pandas and `abc` remember types. The child that waits for a program
goes through it again: the pages that most programs write to are then its own already. Only what parses, checks and
formats: nothing here may start a thread or call BLAS, which a fork would not survive (docs/design/0002).
"""

from __future__ import annotations

import io

import pandas
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_X_y


def rehearse() -> None:
    """Writes, reads, checks and splits a table of four rows."""
    frame = pandas.DataFrame({"number": [0.5, 1.5, 2.5, 3.5], "count": [1, 2, 3, 4], "kind": [0, 1, 0, 1]})
    text = io.StringIO()
    frame.to_csv(text, index=False)
    text.seek(0)
    pandas.read_csv(text)
    check_X_y(frame[["number", "count"]], frame["kind"])
    train_test_split(frame, test_size=0.5, random_state=0, stratify=frame["kind"])


rehearse()
