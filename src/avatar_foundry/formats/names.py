"""Names that are told apart."""


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Repeated names get _2, _3 .."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        title, k = name, seen.get(name, 0)
        while title in seen:
            k += 1
            title = f"{name}_{k}"
        seen[title] = 1
        seen[name] = max(k, 1)
        out.append(title)
    return tuple(out)
