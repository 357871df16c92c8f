"""Documents in, passages out: parse, chunk, embed, store, search."""
