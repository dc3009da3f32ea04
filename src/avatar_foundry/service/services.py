"""What routes work with, made once per application."""

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from .auth.identity import Identity
from .db import Database
from .jobs import Jobs
from .limits import AtOnce, Rate
from .listeners import Listeners
from .metrics import Metrics
from .settings import Settings
from .store import Store


@dataclass
class Services:
    """The parts of a running service."""

    settings: Settings
    database: Database
    store: Store
    jobs: Jobs
    listeners: Listeners
    metrics: Metrics
    owner_id: str
    reads: Rate = field(init=False)
    writes: Rate = field(init=False)
    strangers: Rate = field(init=False)
    logins: Rate = field(init=False)
    at_once: AtOnce = field(init=False)

    def __post_init__(self) -> None:
        self.reads, self.writes = Rate(self.settings.read_rate), Rate(self.settings.write_rate)
        self.strangers, self.logins = Rate(self.settings.stranger_rate), Rate(self.settings.login_rate)
        self.at_once = AtOnce(self.settings.concurrent)


def services(connection: HTTPConnection) -> Services:
    """The services of the application that serves this request."""
    found: Services = connection.app.state.services
    return found


def caller(connection: HTTPConnection) -> Identity:
    """Who sent this request; the guard has put it there."""
    identity: Identity = connection.state.identity
    return identity
