"""The machine's clock."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Time in whole milliseconds, as tables keep it, and chance from the operating system."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def nonce(self) -> str:
        """72 random bits as 12 URL-safe characters."""
        return secrets.token_urlsafe(9)

    def pause(self, duration: timedelta) -> None:
        """Sleep."""
        time.sleep(max(duration.total_seconds(), 0))
