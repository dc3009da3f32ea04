"""Who made a VRM and who may do what with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LICENCE = "https://vrm.dev/licenses/1.0/"
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/deed.en"
AUTHOR = "AXIS Avatar Foundry"
FREE = frozenset({"CC0", "CC0-1.0", "CC0 1.0"})


@dataclass(frozen=True)
class VrmMeta:
    """VRM 1.0's meta; the old format's is derived from it.

    avatar_permission: onlyAuthor | onlySeparatelyLicensedPerson | everyone.
    commercial_usage:  personalNonProfit | personalProfit | corporation.
    modification:      prohibited | allowModification | allowModificationRedistribution.
    thumbnail:         a square PNG or JPEG, or None.
    """

    name: str = "avatar"
    version: str = "1"
    authors: tuple[str, ...] = (AUTHOR,)
    copyright: str = ""
    contact: str = ""
    references: tuple[str, ...] = ()
    third_party: str = ""
    avatar_permission: str = "onlyAuthor"
    violent: bool = False
    sexual: bool = False
    political: bool = False
    antisocial: bool = False
    commercial_usage: str = "personalNonProfit"
    credit: str = "required"
    redistribution: bool = False
    modification: str = "prohibited"
    other_licence: str = ""
    thumbnail: bytes | None = None


def meta_for(name: str, licences: Sequence[Mapping[str, str]], thumbnail: bytes | None = None) -> VrmMeta:
    """What the licences of an avatar's sources allow: everything when all are CC0, else the strictest terms."""
    kinds = {entry.get("licence", "") for entry in licences}
    authors = tuple(dict.fromkeys((AUTHOR, *(entry["author"] for entry in licences if entry.get("author")))))
    credit = "; ".join(
        dict.fromkeys(f"{e.get('name', '')}: {e.get('author', '')}, {e.get('licence', '')}" for e in licences)
    )
    common = {"name": name, "authors": authors[:21], "third_party": credit, "thumbnail": thumbnail}
    if kinds and kinds <= FREE:
        return VrmMeta(
            **common,  # type: ignore[arg-type]
            avatar_permission="everyone",
            violent=True,
            political=True,
            commercial_usage="corporation",
            credit="unnecessary",
            redistribution=True,
            modification="allowModificationRedistribution",
            other_licence=CC0,
        )
    return VrmMeta(**common)  # type: ignore[arg-type]


def new_meta(meta: VrmMeta, image: int | None) -> dict[str, Any]:
    """VRMC_vrm.meta. image: number of the thumbnail."""
    out: dict[str, Any] = {
        "name": meta.name,
        "version": meta.version,
        "authors": list(meta.authors),
        "licenseUrl": LICENCE,
        "avatarPermission": meta.avatar_permission,
        "allowExcessivelyViolentUsage": meta.violent,
        "allowExcessivelySexualUsage": meta.sexual,
        "commercialUsage": meta.commercial_usage,
        "allowPoliticalOrReligiousUsage": meta.political,
        "allowAntisocialOrHateUsage": meta.antisocial,
        "creditNotation": meta.credit,
        "allowRedistribution": meta.redistribution,
        "modification": meta.modification,
    }
    texts = {
        "copyrightInformation": meta.copyright,
        "contactInformation": meta.contact,
        "thirdPartyLicenses": meta.third_party,
        "otherLicenseUrl": meta.other_licence,
    }
    out |= {key: text for key, text in texts.items() if text}
    if meta.references:
        out["references"] = list(meta.references)
    if image is not None:
        out["thumbnailImage"] = image
    return out


def old_meta(meta: VrmMeta, texture: int | None) -> dict[str, Any]:
    """VRM 0's meta, its spelling mistakes included. texture: number of the thumbnail's texture."""
    users = {"everyone": "Everyone", "onlySeparatelyLicensedPerson": "ExplicitlyLicensedPerson"}

    def allowed(yes: bool) -> str:
        return "Allow" if yes else "Disallow"

    out: dict[str, Any] = {
        "title": meta.name,
        "version": meta.version,
        "author": ", ".join(meta.authors),
        "contactInformation": meta.contact,
        "reference": ", ".join(meta.references),
        "allowedUserName": users.get(meta.avatar_permission, "OnlyAuthor"),
        "violentUssageName": allowed(meta.violent),
        "sexualUssageName": allowed(meta.sexual),
        "commercialUssageName": allowed(meta.commercial_usage != "personalNonProfit"),
        "otherPermissionUrl": "",
        "licenseName": "CC0" if meta.other_licence == CC0 else "Redistribution_Prohibited",
        "otherLicenseUrl": "",
    }
    if meta.redistribution and meta.other_licence and meta.other_licence != CC0:
        out["licenseName"], out["otherLicenseUrl"] = "Other", meta.other_licence
    if texture is not None:
        out["texture"] = texture
    return out
