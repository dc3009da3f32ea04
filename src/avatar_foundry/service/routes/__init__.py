"""One module per resource; routes stay thin."""
