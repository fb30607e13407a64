"""Code of which nothing can be said for certain."""


class UnknownCode(Exception):
    """Machine code depends on something that cannot be hashed: it must not be cached."""
