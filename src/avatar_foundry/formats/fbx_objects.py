"""An FBX document: header, settings, objects, connections. Numbers and dates are fixed: same input, same bytes."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .._version import __version__
from .fbx_records import VERSION, Id, Record, properties, titled

GENERATOR = f"AXIS Avatar Foundry {__version__}"
FILE_ID = bytes.fromhex("28b32aebb624ccc2bfc8b02aa92bfcf1")  # belongs with this time of creation
CREATED = "1970-01-01 10:00:00:000"
DATE = (("Year", 1970), ("Month", 1), ("Day", 1), ("Hour", 10), ("Minute", 0), ("Second", 0), ("Millisecond", 0))
SECOND = 46_186_158_000  # ticks
FRAMES_30 = 6
# axis and sign: up, front, coord
AXES = {"y": ((1, 1), (2, 1), (0, 1)), "z": ((2, 1), (1, -1), (0, 1))}
User = tuple[str, str]


def text_rows(entries: Iterable[User]) -> list[tuple[Any, ...]]:
    """User properties with text."""
    return [(name, "KString", "", "U", text) for name, text in entries]


class Document:
    """Collects objects and what connects them."""

    def __init__(self) -> None:
        self.objects: list[Record] = []
        self.links: list[Record] = []
        self._last = 1_000_000

    def number(self) -> Id:
        """A new object's number."""
        self._last += 1
        return Id(self._last)

    def add(self, kind: str, name: str, of: str, sort: str, *children: Record) -> Id:
        """An object: record `kind`, class `of`, subclass `sort`."""
        id = self.number()
        self.objects.append(Record(kind, id, titled(name, of), sort, children=children))
        return id

    def link(self, child: Id, parent: Id, target: str = "") -> None:
        """Connect an object to another, or to a property of it. Parent 0 is the scene."""
        if target:
            self.links.append(Record("C", "OP", child, parent, target))
        else:
            self.links.append(Record("C", "OO", child, parent))

    def records(self, title: str, up: str, seconds: float, about: str) -> list[Record]:
        """All top-level records."""
        kinds = Counter(o.name for o in self.objects)
        kinds["GlobalSettings"] = 1
        types = [Record("ObjectType", k, children=[Record("Count", n)]) for k, n in sorted(kinds.items())]
        return [
            header(title, about),
            Record("FileId", FILE_ID),
            Record("CreationTime", CREATED),
            Record("Creator", GENERATOR),
            settings(up, seconds),
            Record(
                "Documents",
                children=[
                    Record("Count", 1),
                    Record(
                        "Document",
                        self.number(),
                        "Scene",
                        "Scene",
                        children=[
                            properties(
                                ("SourceObject", "object", "", ""),
                                ("ActiveAnimStackName", "KString", "", "", ""),
                            ),
                            Record("RootNode", Id(0)),
                        ],
                    ),
                ],
            ),
            Record("References"),
            Record("Definitions", children=[Record("Version", 100), Record("Count", kinds.total()), *types]),
            Record("Objects", children=self.objects),
            Record("Connections", children=self.links),
            Record("Takes", children=[Record("Current", "")]),
        ]


def header(title: str, about: str) -> Record:
    """What wrote the file, and about what."""
    meta = (("Title", title), ("Subject", "avatar"), ("Author", ""), ("Keywords", ""), ("Revision", "1.0"))
    return Record(
        "FBXHeaderExtension",
        children=[
            Record("FBXHeaderVersion", 1003),
            Record("FBXVersion", VERSION),
            Record("EncryptionType", 0),
            Record("CreationTimeStamp", children=[Record("Version", 1000), *(Record(k, v) for k, v in DATE)]),
            Record("Creator", GENERATOR),
            Record(
                "SceneInfo",
                titled("GlobalInfo", "SceneInfo"),
                "UserData",
                children=[
                    Record("Type", "UserData"),
                    Record("Version", 100),
                    Record(
                        "MetaData",
                        children=[
                            Record("Version", 100),
                            *(Record(k, v) for k, v in meta),
                            Record("Comment", about),
                        ],
                    ),
                    properties(
                        ("DocumentUrl", "KString", "Url", "", f"{title}.fbx"),
                        ("SrcDocumentUrl", "KString", "Url", "", f"{title}.fbx"),
                        ("Original", "Compound", "", ""),
                        ("Original|ApplicationVendor", "KString", "", "", "AXIS"),
                        ("Original|ApplicationName", "KString", "", "", "Avatar Foundry"),
                        ("Original|ApplicationVersion", "KString", "", "", __version__),
                        ("LastSaved", "Compound", "", ""),
                        ("LastSaved|ApplicationVendor", "KString", "", "", "AXIS"),
                        ("LastSaved|ApplicationName", "KString", "", "", "Avatar Foundry"),
                        ("LastSaved|ApplicationVersion", "KString", "", "", __version__),
                    ),
                ],
            ),
        ],
    )


def settings(up: str, seconds: float) -> Record:
    """Axes, unit (centimetres) and time."""
    rows: list[tuple[Any, ...]] = []
    for name, (axis, sign) in zip(("UpAxis", "FrontAxis", "CoordAxis"), AXES[up], strict=True):
        rows += [(name, "int", "Integer", "", axis), (f"{name}Sign", "int", "Integer", "", sign)]
    rows += [("OriginalUpAxis", "int", "Integer", "", AXES[up][0][0]), ("OriginalUpAxisSign", "int", "Integer", "", 1)]
    rows += [("UnitScaleFactor", "double", "Number", "", 1.0), ("OriginalUnitScaleFactor", "double", "Number", "", 1.0)]
    rows += [
        ("AmbientColor", "ColorRGB", "Color", "", 0.0, 0.0, 0.0),
        ("DefaultCamera", "KString", "", "", "Producer Perspective"),
        ("TimeMode", "enum", "", "", FRAMES_30),
        ("TimeSpanStart", "KTime", "Time", "", Id(0)),
        ("TimeSpanStop", "KTime", "Time", "", Id(round((seconds or 1.0) * SECOND))),
        ("CustomFrameRate", "double", "Number", "", -1.0),
    ]
    return Record("GlobalSettings", children=[Record("Version", 1000), properties(*rows)])
