"""XML without entities, document types or addresses: what is left is elements, attributes and text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from ...errors import SourceError

MAX_ELEMENTS, MAX_DEPTH, MAX_ATTRIBUTES = 300_000, 200, 64


@dataclass(eq=False, slots=True)
class Element:
    """An element; tags are without their namespace."""

    tag: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text directly in it."""
        return "".join(self.pieces)

    def all(self, tag: str) -> Iterator["Element"]:
        """The elements in it with a tag."""
        return (c for c in self.children if c.tag == tag)

    def first(self, *path: str) -> "Element | None":
        """The first element down a path of tags."""
        here: Element | None = self
        for tag in path:
            here = next(here.all(tag), None) if here is not None else None
        return here

    def walk(self) -> Iterator["Element"]:
        """It and all in it, in the file's order."""
        pending = [self]
        while pending:
            one = pending.pop()
            yield one
            pending.extend(reversed(one.children))


def parse(data: bytes) -> Element:
    """The root element. Raises SourceError for what is no XML, and for declarations of any kind."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    root = Element("", {})
    stack = [root]
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MAX_ELEMENTS or len(stack) > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise SourceError("The file has too many elements, or too deep ones")
        one = Element(tag.rpartition(" ")[2], {k.rpartition(" ")[2]: v for k, v in attributes.items()})
        stack[-1].children.append(one)
        stack.append(one)

    def end(_: str) -> None:
        stack.pop()

    def text(value: str) -> None:
        stack[-1].pieces.append(value)

    def refuse(*_: Any) -> None:
        raise SourceError("The file declares document types or entities, which are not read")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse  # type: ignore[assignment]
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        where = f"line {error.lineno}"
        raise SourceError(f"The file's XML cannot be read: {expat.ErrorString(error.code)}, {where}") from error
    except (ValueError, LookupError) as error:
        raise SourceError("The file's XML cannot be read: its encoding is unknown") from error
    return root.children[0]
