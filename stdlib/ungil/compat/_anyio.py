"""Worker threads of anyio hold tasks and futures of the event loop that they work for, which no other interpreter can have."""

from __future__ import annotations

import asyncio


def adjust(module) -> None:
    """Has `anyio.to_thread.run_sync()` use asyncio's own executor, and so an interpreter."""
    backend = module.AsyncIOBackend

    async def run_sync_in_worker_thread(cls, func, args, abandon_on_cancel=False, limiter=None):
        await cls.checkpoint()
        async with limiter or cls.current_default_thread_limiter():
            with module.CancelScope(shield=not abandon_on_cancel):
                return await asyncio.get_running_loop().run_in_executor(None, func, *args)

    backend.run_sync_in_worker_thread = classmethod(run_sync_in_worker_thread)
