"""Clothes outside the body, outer layers outside inner ones."""

from dataclasses import replace

from ..avatar import Avatar
from ..pipeline import stage
from ..wardrobe import settle


@stage("dressing", cost=25)
def settle_layers(avatar: Avatar) -> Avatar:
    """Settle the layers of clothing."""
    assert avatar.base is not None
    return replace(avatar, parts=settle(avatar.base, avatar.parts))
