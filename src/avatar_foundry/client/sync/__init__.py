"""The synchronous client, made by scripts/gen-client from the asynchronous one."""
