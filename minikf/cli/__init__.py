"""The command line: one file per verb; each parses, calls and prints. Nothing but typer is imported up here."""
