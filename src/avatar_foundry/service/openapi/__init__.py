"""The API's description, OpenAPI 3.0.3, made from what runs."""

from .document import describe_api

__all__ = ["describe_api"]
