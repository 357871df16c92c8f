"""A question in, a checked and cited answer out."""
