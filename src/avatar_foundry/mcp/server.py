"""The protocol: tools, progress, pictures, and errors in the API's shape."""

import base64
import json
import logging
from typing import Any, Protocol

from mcp.server import Server, ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, ValidationError

from .. import __version__
from ..client.errors import FoundryApiError
from ..errors import RecipeError, Suggestion
from ..explain import explain, nearest
from ..process.options import parse as parse_options
from ..wire import error_body, kind_of
from .tools import TOOLS, schema_of

log = logging.getLogger(__name__)
INSTRUCTIONS = (
    "Makes rigged, dressed, speaking game characters. Begin with generate (a preset and a few words are enough), look "
    "at the outcome with render, change single fields and generate again; `recipe` in the answer is the whole recipe."
)


class Tell(Protocol):
    """Hears how far the work is: 0..1, and the stage in words."""

    async def __call__(self, progress: float, title: str) -> None: ...


class Worker(Protocol):
    """Does what the tools ask for; a picture comes back as (PNG, words)."""

    async def call(self, name: str, asked: Any, tell: Tell) -> dict[str, Any] | tuple[bytes, dict[str, Any]]:
        """Run the tool `name` with its input model. Raises FoundryError, FoundryApiError."""
        ...


def make_server(worker: Worker) -> Server[Any]:
    """The server over `worker`."""

    async def list_tools(ctx: ServerRequestContext[Any], params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_described(name) for name in TOOLS])

    async def call_tool(ctx: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        async def tell(progress: float, title: str) -> None:
            await ctx.session.report_progress(progress, 1.0, title)

        try:
            return _answered(await worker.call(params.name, understood(params.name, params.arguments or {}), tell))
        except FoundryApiError as error:
            return _failed(error.body)
        except Exception as error:
            if kind_of(error).code == "INTERNAL":
                log.exception("tool %s failed", params.name[:64])
            return _failed(error_body(error))

    return Server(
        "avatar-foundry",
        version=__version__,
        title="AXIS Avatar Foundry",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def understood(name: str, arguments: dict[str, Any]) -> BaseModel:
    """The tool's input, validated. Raises RecipeError with a pointer and suggestions."""
    if name not in TOOLS:
        close = nearest(name, tuple(TOOLS))
        hint = Suggestion(f"Use '{close[0]}'", f"'{close[0]}' is a tool.", close[1]) if close else None
        raise RecipeError(f"unknown tool '{name[:64]}'", suggestions=[hint] if hint else [])
    if name == "process":  # its own words for its own names
        parse_options({k: v for k, v in arguments.items() if k not in ("file", "folder")})
    try:
        return TOOLS[name].input.model_validate(arguments)
    except ValidationError as error:
        raise explain(error.errors(include_url=False, include_context=True)) from None


def _described(name: str) -> Tool:
    tool = TOOLS[name]
    hints = ToolAnnotations(read_only_hint=not tool.writes, destructive_hint=False, open_world_hint=False)
    return Tool(name=name, title=tool.title, description=tool.about, input_schema=schema_of(name), annotations=hints)


def _answered(answer: dict[str, Any] | tuple[bytes, dict[str, Any]]) -> CallToolResult:
    if isinstance(answer, tuple):
        picture, words = answer
        image = ImageContent(type="image", data=base64.b64encode(picture).decode(), mime_type="image/png")
        return CallToolResult(content=[image, _text(words)], structured_content=words)
    return CallToolResult(content=[_text(answer)], structured_content=answer)


def _failed(body: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[_text(body)], structured_content=body, is_error=True)


def _text(value: Any) -> TextContent:
    return TextContent(type="text", text=json.dumps(value, ensure_ascii=False))
