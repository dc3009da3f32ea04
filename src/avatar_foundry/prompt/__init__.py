"""Words -> a partial recipe, and the account of what each word did."""

from .read import Reading, Word, read

__all__ = ["Reading", "Word", "read"]
