"""The commands that pods find first on their PATH: `python`, `torchrun` and `pip`, served by the warm servers."""
