"""Jobs behind one seam: what the routes know is `Jobs`, `JobInfo` and `Event`; the engine can be exchanged."""

from .seam import Event, JobInfo, Jobs, Outcome

__all__ = ["Event", "JobInfo", "Jobs", "Outcome"]
