"""What happens to every request, as plain ASGI: nothing here buffers a body."""

from .aliases import Aliases
from .body_limit import BodyLimit
from .envelope import Envelope

__all__ = ["Aliases", "BodyLimit", "Envelope"]
