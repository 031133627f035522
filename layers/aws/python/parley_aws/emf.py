"""Numbers for operators: CloudWatch's embedded metric format, one line of log a call.

CloudWatch reads the metrics out of the function's log. There are no dimensions, so each name is
one metric of the stack's namespace: few, and none that could name a person (G9).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime

from parley_aws.settings import settings


def emit(counts: Mapping[str, int], *, at: datetime) -> None:
    """Count things under their names, such as `MetricsDrift`; nothing where there are none."""
    if not counts:
        return
    metrics = [{"Name": name, "Unit": "Count"} for name in counts]
    line = {
        "_aws": {
            "Timestamp": int(at.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": settings().metrics_namespace,
                    "Dimensions": [[]],
                    "Metrics": metrics,
                }
            ],
        },
        **counts,
    }
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
