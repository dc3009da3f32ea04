"""Webhooks and the deliveries that are on their way."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..db.tables import Delivery, Webhook
from ..ids import derived_id, new_id, now

# Waits before the second, third, ... try; then the delivery has failed.
WAITS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 6 * 3600))
TAKEN = timedelta(seconds=60)  # how long a process may take for one try before another one tries


def add(session: Session, owner_id: str, url: str, events: list[str]) -> Webhook:
    """A new webhook with its own signing secret."""
    hook = Webhook(
        id=new_id("webhook"),
        owner_id=owner_id,
        url=url,
        events=events,
        secret=f"whsec_{secrets.token_urlsafe(32)}",
        created_at=now(),
    )
    session.add(hook)
    session.flush()
    return hook


def get(session: Session, webhook_id: str) -> Webhook | None:
    """The webhook with this id."""
    return session.get(Webhook, webhook_id)


def of(session: Session, owner_id: str | None) -> list[Webhook]:
    """An owner's webhooks (None: everybody's)."""
    query = select(Webhook).order_by(Webhook.created_at.desc())
    return list(session.scalars(query if owner_id is None else query.where(Webhook.owner_id == owner_id)))


def remove(session: Session, webhook_id: str) -> None:
    """Delete a webhook with its deliveries."""
    if hook := session.get(Webhook, webhook_id):
        session.delete(hook)


def announce(session: Session, owner_id: str, event: str, subject: str, data: Mapping[str, Any]) -> None:
    """Put an event on its way to every webhook of the owner that wants it; once, however often it is announced."""
    for hook in of(session, owner_id):
        if event not in hook.events:
            continue
        id = f"delivery_{derived_id(subject, f'{hook.id} {event}')}"
        if session.get(Delivery, id) is None:
            moment = now()
            payload = {"id": id, "event": event, "created_at": moment.isoformat(), "data": dict(data)}
            session.add(
                Delivery(
                    id=id,
                    webhook_id=hook.id,
                    event=event,
                    payload=payload,
                    state="pending",
                    attempts=0,
                    next_at=moment,
                    created_at=moment,
                )
            )


def nothing_due(session: Session) -> bool:
    """Whether no delivery waits to be sent; asked often, so it only reads."""
    query = select(Delivery.id).where(Delivery.state == "pending", Delivery.next_at <= now()).limit(1)
    return session.scalar(query) is None


def due(session: Session) -> tuple[Delivery, Webhook] | None:
    """The next delivery, taken for a minute: of several processes one gets it."""
    row = session.execute(
        select(Delivery, Webhook)
        .join(Webhook, Webhook.id == Delivery.webhook_id)
        .where(Delivery.state == "pending", Delivery.next_at <= now())
        .order_by(Delivery.next_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=Delivery)
    ).first()
    if row is None:
        return None
    row[0].next_at = now() + TAKEN
    row[0].attempts += 1
    session.flush()
    return row[0], row[1]


def settle(session: Session, delivery_id: str, status: int | None, problem: str | None) -> None:
    """Note how a try went."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        return
    delivery.status, delivery.problem = status, problem
    if problem is None:
        delivery.state = "delivered"
    elif delivery.attempts > len(WAITS):
        delivery.state = "failed"
    else:
        delivery.next_at = now() + WAITS[delivery.attempts - 1]


def deliveries(session: Session, webhook_id: str) -> list[Delivery]:
    """The newest hundred deliveries."""
    query = select(Delivery).where(Delivery.webhook_id == webhook_id).order_by(Delivery.created_at.desc()).limit(100)
    return list(session.scalars(query))


def forget(session: Session, days: float) -> None:
    """Drop deliveries of long ago."""
    session.execute(delete(Delivery).where(Delivery.created_at < now() - timedelta(days=days)))
