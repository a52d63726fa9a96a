"""What storage raises. No message, cause or context of these carries a parameter, a row or an address."""

from __future__ import annotations


class StorageError(Exception):
    """Anything that went wrong between Warmline and its database."""


class Unavailable(StorageError):
    """The database cannot be reached, or did not answer within its deadline; trying again later may help.

    A transaction that ends with this may still have been committed when the connection broke during the
    commit itself: what must not happen twice carries a key of its own.
    """


class Conflict(StorageError):
    """The database refused a row because another one stands in its place, or one it needs is missing."""


class Broken(StorageError):
    """The database answered something that only a fault of ours, or a missing migration, explains."""
