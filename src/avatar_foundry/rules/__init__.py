"""Rules judge an avatar before it is written. Found by walking this package; an import error stops start-up."""

from importlib import import_module
from pkgutil import iter_modules

from .registry import RULES, Cure, Finding, Order, Rule, inspect, rule
from .source_registry import SOURCE_RULES, SourceRule, described, inspect_source, refusal, suggestion_for
from .source_subject import Subject

for _module in sorted(m.name for m in iter_modules(__path__)):
    import_module(f"{__name__}.{_module}")

__all__ = [
    "RULES",
    "SOURCE_RULES",
    "Cure",
    "Finding",
    "Order",
    "Rule",
    "SourceRule",
    "Subject",
    "described",
    "inspect",
    "inspect_source",
    "refusal",
    "rule",
    "suggestion_for",
]
