"""What people look at: explanations, reports and the insides of datasets, in the terminal and as pages."""

OUTCOME_MARKS = {"kept": "✓", "lifted": "▲", "removed": "✕"}
"""A sign for each outcome, so that nothing depends on telling colours apart."""

OUTCOME_WORDS = {
    "kept": "in the text",
    "lifted": "now a field",
    "removed": "left out",
}
