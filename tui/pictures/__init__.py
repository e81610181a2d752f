"""Pictures made of characters: pure functions from numbers to lines of text, without Textual, for screens and commands
alike."""
