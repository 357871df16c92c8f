"""Training of the evidence reader: groups of passages for a question, the loop, the log."""
