"""What images say of themselves, without being decoded."""

import io

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from avatar_foundry.rules.picture import header


def encoded(mode: str, kind: str, **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (24, 17)).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind", "options", "channels", "alpha"),
    [
        ("RGB", "PNG", {}, 3, False),
        ("RGBA", "PNG", {}, 4, True),
        ("L", "PNG", {}, 1, False),
        ("LA", "PNG", {}, 2, True),
        ("RGB", "JPEG", {}, 3, False),
        ("RGB", "JPEG", {"progressive": True}, 3, False),
        ("L", "JPEG", {}, 1, False),
        ("RGB", "WEBP", {}, 3, False),
        ("RGB", "WEBP", {"lossless": True}, 3, False),
        ("RGBA", "WEBP", {"lossless": True, "exact": True}, 4, True),
    ],
)
def test_size_channels_and_alpha(mode, kind, options, channels, alpha):
    found = header(encoded(mode, kind, **options))
    assert found is not None
    assert (found.mime, found.width, found.height) == (f"image/{kind.lower()}", 24, 17)
    assert (found.bits, found.channels, found.alpha, found.profile) == (8, channels, alpha, "")


def test_sixteen_bits():
    assert header(encoded("I;16", "PNG")).bits == 16


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_profiles(kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert header(encoded("RGB", kind, icc_profile=profile)).profile == "an ICC profile"


@pytest.mark.parametrize(("gamma", "told"), [(45455, ""), (100000, "a gamma of 1.000")])
def test_gamma(gamma, told):
    info = PngInfo()
    info.add(b"gAMA", gamma.to_bytes(4, "big"))
    assert header(encoded("RGB", "PNG", pnginfo=info)).profile == told


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_is_no_image_or_ends_too_early(kind):
    data = encoded("RGB", kind)
    assert header(b"") is None
    assert header(b"RIFFxxxxWAVE") is None
    for end in range(min(len(data), 20)):
        assert header(data[:end]) is None
