"""The server of Warmline, and the only package that puts the others together."""
