"""Webhooks: where to say what happened, and how saying it went."""

from typing import Any, Literal, get_args

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from ..auth.identity import Identity
from ..db.tables import Delivery, Webhook
from ..deliver import check_address
from ..problems import Problem
from ..records import webhooks
from ..routing import Id
from ..routing import router as make_router
from ..schemas import WebhookAnswer, WebhookPage
from ..services import caller, services

router = make_router("webhooks")
EventName = Literal["avatar.created", "job.succeeded", "job.failed", "job.cancelled", "review.decided"]
MOST = 20


class NewWebhook(BaseModel):
    """Where to, and of what."""

    model_config = ConfigDict(extra="forbid")
    url: str = Field(pattern="^https?://[!-~]+$", max_length=2048)
    events: list[EventName] = Field(default=list(get_args(EventName)), min_length=1, max_length=8)


def wire(hook: Webhook, *, secret: bool = False) -> dict[str, Any]:
    """A webhook as the API shows it; its secret only when it was just made."""
    return {
        "id": hook.id,
        "url": hook.url,
        "events": hook.events,
        "created_at": hook.created_at.isoformat(),
        **({"secret": hook.secret} if secret else {}),
    }


def wire_delivery(delivery: Delivery) -> dict[str, Any]:
    """A delivery as the API shows it."""
    return {
        "id": delivery.id,
        "event": delivery.event,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "problem": delivery.problem,
        "created_at": delivery.created_at.isoformat(),
        "next_at": delivery.next_at.isoformat() if delivery.state == "pending" else None,
    }


@router.get("/api/webhooks", responses={200: {"model": WebhookPage}})
async def every_webhook(request: Request) -> dict[str, Any]:
    """The caller's webhooks (with scope admin: everybody's)."""
    found = await services(request).database.read(webhooks.of, caller(request).sees)
    return {"items": [wire(h) for h in found], "next_cursor": None}


@router.post("/api/webhooks", status_code=201, responses={201: {"model": WebhookAnswer}})
async def create(new: NewWebhook, request: Request) -> dict[str, Any]:
    """Make a webhook. `secret`, which signs its deliveries, is shown here and never again."""
    s, who = services(request), caller(request)
    await check_address(new.url, private=s.settings.webhook_private)
    return wire(await s.database.write(_create, who, new), secret=True)


def _create(session: Session, who: Identity, new: NewWebhook) -> Webhook:
    if len(webhooks.of(session, who.user_id)) >= MOST:
        raise Problem("CONFLICT", f"There are {MOST} webhooks already; delete one.")
    return webhooks.add(session, who.user_id, new.url, list(new.events))


@router.get("/api/webhooks/{webhook_id}", responses={200: {"model": WebhookAnswer}})
async def webhook(webhook_id: Id, request: Request) -> dict[str, Any]:
    """A webhook with its newest deliveries."""
    s = services(request)
    hook = await s.database.read(webhooks.get, webhook_id)
    caller(request).check_owner(hook.owner_id if hook else None, "webhook")
    assert hook is not None
    log = await s.database.read(webhooks.deliveries, webhook_id)
    return {**wire(hook), "deliveries": [wire_delivery(d) for d in log]}


@router.delete("/api/webhooks/{webhook_id}", status_code=204)
async def delete(webhook_id: Id, request: Request) -> Response:
    """Delete a webhook; what is on its way is dropped."""
    s = services(request)
    hook = await s.database.read(webhooks.get, webhook_id)
    caller(request).check_owner(hook.owner_id if hook else None, "webhook")
    await s.database.write(webhooks.remove, webhook_id)
    return Response(status_code=204)
