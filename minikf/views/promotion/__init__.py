"""What a promotion would write, shown before it is written."""
