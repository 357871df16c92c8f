"""Metrics, one module a family: values in, values out."""
