"""The command line: one file per verb; each parses, calls and prints. Nothing but typer is imported up here."""


class ReaderGone(Exception):
    """The reader of our output went away, as `head` does. Not an OSError: the parser would end the program for it."""
