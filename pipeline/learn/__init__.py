"""The machine at the curator's side: learns from what was decided, suggests topics, ranks what waits, and says why and how sure.

Everything it knows it reads from the store each time: the same decisions give the same model, and nothing is remembered beside the database.
Decides nothing, publishes nothing, and never throws anything away: what it puts by lies in a tray.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.late import door

if TYPE_CHECKING:
    from pipeline.learn.evaluate import evaluate
    from pipeline.learn.explain import Explanation, explain
    from pipeline.learn.figures import AuditFigures, Batch, Bin, Evaluation, Share, Spent, TopicFigures, Week
    from pipeline.learn.fit import Report, as_counted, count, counted, fit, state
    from pipeline.learn.outlook import outlook, plan
    from pipeline.learn.skipping import Skipping, skipping
    from pipeline.learn.suggest import suggest
    from pipeline.learn.train import Trained, is_due, steer, train

__all__ = [
    "AuditFigures",
    "Batch",
    "Bin",
    "Evaluation",
    "Explanation",
    "Report",
    "Share",
    "Skipping",
    "Spent",
    "TopicFigures",
    "Trained",
    "Week",
    "as_counted",
    "count",
    "counted",
    "evaluate",
    "explain",
    "fit",
    "is_due",
    "outlook",
    "plan",
    "skipping",
    "state",
    "steer",
    "suggest",
    "train",
]

door(
    __name__,
    evaluate=("evaluate",),
    explain=("Explanation", "explain"),
    figures=("AuditFigures", "Batch", "Bin", "Evaluation", "Share", "Spent", "TopicFigures", "Week"),
    fit=("Report", "as_counted", "count", "counted", "fit", "state"),
    outlook=("outlook", "plan"),
    skipping=("Skipping", "skipping"),
    suggest=("suggest",),
    train=("Trained", "is_due", "steer", "train"),
)
