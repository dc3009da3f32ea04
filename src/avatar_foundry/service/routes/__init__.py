"""One module per resource; routes stay thin."""

from types import ModuleType

from . import (
    accounts,
    avatars,
    batches,
    generate,
    health,
    jobs,
    keys,
    platforms,
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
    platforms,
    presets,
    generate,
    process,
    batches,
    jobs,
    variants,
    avatars,
    reviews,
    uploads,
    keys,
    users,
    webhooks,
    ws,
    accounts,
)
