"""The whole road to a target: what goes, as what, whether it can, how it gets there, and that it behaves the same."""
