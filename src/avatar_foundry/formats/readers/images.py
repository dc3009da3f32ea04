"""Pictures that lie beside or inside a model: PNG, JPEG and WebP are kept byte for byte, others become PNG."""

import io
import warnings

from PIL import Image

from ...avatar import Texture
from ...errors import SourceError
from ..glb_read_material import MAX_PIXELS, as_texture
from .upload import Log

OTHERS = ("TGA", "BMP", "TIFF", "GIF", "DDS", "PSD")
KEPT = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


def picture(name: str, data: bytes, log: Log) -> Texture | None:
    """The texture, or None with a note when it is of a kind that is not read."""
    if data.startswith(KEPT):
        return as_texture(name, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=OTHERS) as image:
                if image.size[0] * image.size[1] > MAX_PIXELS:
                    raise SourceError(f"The texture {name} has {image.size[0]} x {image.size[1]} pixels")
                mode = image.mode if image.mode in ("L", "RGB", "RGBA") else "RGBA"
                out = io.BytesIO()
                image.convert(mode).save(out, "PNG", compress_level=1)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise SourceError(f"The texture {name} is too large", hint="Use 8192 x 8192 at most.") from error
    except (OSError, ValueError, NotImplementedError, SyntaxError, IndexError, KeyError, TypeError) as error:
        del error
        log.note(f"The texture {name} cannot be read and was left out; PNG, JPEG and WebP are.")
        log.counts["textures_left_out"] += 1
        return None
    log.note(f"The texture {name} was converted to PNG.")
    return as_texture(name, out.getvalue())
