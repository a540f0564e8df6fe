"""What people look at: explanations in the terminal and as a page, and the pieces that every page shares."""

OUTCOME_MARKS = {"kept": "✓", "lifted": "▲", "removed": "✕"}
"""A sign for each outcome, so that nothing depends on telling colours apart."""

OUTCOME_WORDS = {
    "kept": "in the text",
    "lifted": "now a field",
    "removed": "left out",
}
