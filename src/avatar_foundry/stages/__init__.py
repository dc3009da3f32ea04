"""One verb per file, `Avatar -> Avatar`; thin: they call the packages below."""
