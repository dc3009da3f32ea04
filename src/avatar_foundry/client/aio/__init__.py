"""The asynchronous client. The synchronous one is made from this package by scripts/gen-client."""
