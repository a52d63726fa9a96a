"""The front-ends: their sources, what builds them and what derives their types from the wire."""
