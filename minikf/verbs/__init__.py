"""What the short verbs create: pure functions from what was typed to the objects that say it."""
