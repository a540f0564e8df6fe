"""What a document states of itself: title, byline, dates and credits, read from its lines."""
