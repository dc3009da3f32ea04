"""Roblox R15: fifteen closed parts, its skeleton, faces as bone poses, cages from a template, attachments."""
