"""Data as characters: pure functions, without a widget."""
