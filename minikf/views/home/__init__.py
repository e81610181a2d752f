"""What Home shows: parts in groups, what blocks them as chains of causes, events that matter, and usage."""
