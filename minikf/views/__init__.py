"""What the terminal UI shows and the command line prints of a platform, as data: no Textual, no typer."""
