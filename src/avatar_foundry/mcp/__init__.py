"""The foundry as an MCP server: tools for assistants, over stdio or streamable HTTP.

`serve` holds the transports, `server` the protocol, `tools` what can be asked for, `local` and `remote` who does it,
`confine` which files it may touch. Importing this package imports neither the engine nor the protocol's library.
"""
