"""DNS look-ups for the checks of every kind of challenge: where to ask, one question, an answer."""
