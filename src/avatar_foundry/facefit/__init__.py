"""A face for uploads: finds eyes, nose and mouth on a head, puts ours onto it, and carries our shapes over."""

from .express import express
from .features import Features, find_features
from .report import Report

__all__ = ["Features", "Report", "express", "find_features"]
