"""Rules for images: what their bytes are, as far as their headers tell."""

from collections.abc import Iterator

from ..avatar import Avatar, Texture
from .material import textures
from .picture import Header, header
from .registry import Cure, Finding, Target, rule

CONVERT = Cure("Convert Textures", "Convert images to a format that the platform takes", 0.95, "convert-textures")
BLOCK = 4  # pixels: the edge of a block of BC7, ETC2, ASTC 4x4 and KTX2's supercompression


def images(avatar: Avatar) -> Iterator[tuple[str, str, Texture]]:
    """(pointer, slot, texture): each image once, at the first place that uses it."""
    seen: set[int] = set()
    for m in avatar.materials:
        for slot, texture in textures(m):
            if id(texture) not in seen:
                seen.add(id(texture))
                yield f"materials/{m.name}/{slot}", slot, texture


def headers(avatar: Avatar) -> Iterator[tuple[str, str, Texture, Header]]:
    """As `images`, with what the image's own header says; those that have none are left out."""
    for where, slot, texture in images(avatar):
        if (found := header(texture.data)) is not None:
            yield where, slot, texture, found


@rule("texture/media-type", severity="error", cure=CONVERT)
def media_type(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The platform reads the image format.

    glTF itself knows PNG and JPEG; WebP is an extension, and a reader without it refuses the whole file."""
    for where, _, t in images(avatar):
        if t.mime not in platform.images:
            taken = ", ".join(m.removeprefix("image/") for m in platform.images)
            yield Finding("unreadable", f"{t.name} is {t.mime.removeprefix('image/')}, not one of {taken}", where)


@rule("texture/data", severity="error", cure=CONVERT)
def data(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The bytes are an image of the kind and size that the avatar says.

    Readers go by the type that the file states: a PNG that is called JPEG stays black."""
    for where, _, t in images(avatar):
        found = header(t.data)
        if found is None:
            yield Finding("damaged", f"{t.name} is no image", where, {"bytes": len(t.data)})
        elif found.mime != t.mime:
            yield Finding("mislabelled", f"{t.name} is called {t.mime} and is {found.mime}", where)
        elif found.width and (found.width, found.height) != (t.width, t.height):
            numbers = {"width": found.width, "height": found.height}
            message = f"{t.name} has {found.width} x {found.height} pixels, not {t.width} x {t.height}"
            yield Finding("size", message, where, numbers)


@rule("texture/bit-depth", severity="warning", cure=CONVERT)
def bit_depth(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Images have eight bits per channel.

    glTF readers drop the rest; 16 bits double the download, palettes and fewer bits are not taken everywhere."""
    for where, _, t, found in headers(avatar):
        if found.bits != 8:
            yield Finding("depth", f"{t.name} has {found.bits} bits per channel", where, {"bits": found.bits})


@rule(
    "texture/colour-space",
    severity="info",
    cure=Cure("Save Without a Profile", "Save colours as sRGB and the other maps as plain numbers, no profile", 0.8),
)
def colour_space(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Images carry no colour profile or gamma of their own.

    glTF fixes it: base colour is sRGB, all else linear. Readers that mind a profile show other colours."""
    for where, _, t, found in headers(avatar):
        if found.profile:
            yield Finding("profile", f"{t.name} has {found.profile}", where)


@rule(
    "texture/grey-normal",
    severity="warning",
    cure=Cure("Give a Normal Map", "A height map is not one: bake it into a tangent-space normal map", 0.7),
)
def grey_normal(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Normal maps have three channels.

    A grey image there is a bump map: it bends every normal to one side."""
    for where, slot, t, found in headers(avatar):
        if slot == "normal" and found.channels < 3:
            message = f"{t.name} has {found.channels} channels"
            yield Finding("grey", message, where, {"channels": found.channels})


@rule(
    "texture/alpha-unused",
    severity="info",
    cure=Cure("Drop the Alpha Channel", "Save the image without alpha, or draw the material as MASK or BLEND", 0.7),
)
def alpha_unused(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Only images that are seen through have an alpha channel.

    Block compression takes twice the memory with one, and engines choose it by the channel, not by what is in it."""
    opaque = {id(m.base) for m in avatar.materials if m.alpha_mode == "OPAQUE" and m.base is not None}
    seen = {id(m.base) for m in avatar.materials if m.alpha_mode != "OPAQUE" and m.base is not None}
    for where, slot, t, found in headers(avatar):
        if found.alpha and (slot != "base" or id(t) in opaque - seen):
            yield Finding("unused", f"{t.name} has an alpha channel that nothing uses", where)


@rule(
    "texture/block-size",
    severity="info",
    cure=Cure("Resize to Powers of Two", "Scale texture edges to powers of two", 0.8, "power-of-two-textures"),
)
def block_size(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Texture edges are multiples of 4 pixels.

    Block compression works on 4 x 4: Unity and Unreal leave other images uncompressed, four times as large."""
    for where, _, t in images(avatar):
        if t.width % BLOCK or t.height % BLOCK:
            numbers = {"width": t.width, "height": t.height}
            yield Finding("odd", f"{t.name} has {t.width} x {t.height} pixels", where, numbers)


@rule(
    "texture/unique-name",
    severity="warning",
    cure=Cure("Rename the Images", "Give each image a name of its own", 0.9),
)
def unique_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No two images share a name, upper and lower case alike.

    Importers extract images under their names: the second overwrites the first."""
    owner: dict[str, bytes] = {}
    told: set[str] = set()
    for where, _, t in images(avatar):
        name = t.name.lower()
        if owner.setdefault(name, t.data) != t.data and name not in told:
            told.add(name)
            yield Finding("repeated", f"several images are called {t.name}", where)
