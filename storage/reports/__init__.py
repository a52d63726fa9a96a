"""Counts of contacts in which no group smaller than ten can be seen, or worked out."""
