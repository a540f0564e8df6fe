"""What a clean article is like: its language, its signals, and whether a filter admits it."""
