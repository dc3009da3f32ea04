"""What the service remembers: functions `(session, ...)`, one module per kind of record."""
