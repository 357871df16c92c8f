"""The evidence reader: one pass over question and passage says which sentences help to answer."""
