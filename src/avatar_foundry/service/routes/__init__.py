"""One module per resource; routes stay thin."""

from types import ModuleType

from . import (
    accounts,
    animations,
    avatars,
    batches,
    docs,
    generate,
    health,
    jobs,
    keys,
    links,
    pages,
    platforms,
    preset_pictures,
    presets,
    process,
    reviews,
    uploads,
    users,
    variants,
    webhooks,
    ws,
)

# `variants` before `avatars`: /api/avatars/{id}.glb would be an id, too.
MODULES: tuple[ModuleType, ...] = (
    health,
    pages,
    platforms,
    preset_pictures,
    presets,
    animations,
    generate,
    process,
    batches,
    docs,
    jobs,
    variants,
    avatars,
    links,
    reviews,
    uploads,
    keys,
    users,
    webhooks,
    ws,
    accounts,
)
