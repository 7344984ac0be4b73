"""Calls ``on_token_refresh`` in the caller's event loop."""

import asyncio
import inspect

_running = set()


def _call(function, tokens, done):
    try:
        result = function(tokens)
    except Exception as error:
        done(type(error).__name__)
        return
    if not inspect.isawaitable(result):
        done(None)
        return
    task = asyncio.ensure_future(result)
    # An event loop holds only weak references to its tasks.
    _running.add(task)

    def ended(task):
        _running.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        done(type(error).__name__ if error else None)

    task.add_done_callback(ended)


def tell(event_loop, function, tokens, done):
    """Calls the function in the event loop, or directly for blocking calls, which have no loop."""
    if event_loop is not None:
        event_loop.call_soon_threadsafe(_call, function, tokens, done)
        return
    try:
        result = function(tokens)
        if inspect.isawaitable(result):

            async def wait():
                await result

            asyncio.run(wait())
    except Exception as error:
        done(type(error).__name__)
    else:
        done(None)
