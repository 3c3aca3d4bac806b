"""The machine at the curator's side: learns from what was decided, suggests topics, ranks what waits, and says why and how sure.

Everything it knows it reads from the store each time: the same decisions give the same model, and nothing is remembered beside the database.
Decides nothing, publishes nothing, and never throws anything away: what it puts by lies in a tray.
"""

from __future__ import annotations

from pipeline.learn.evaluate import evaluate
from pipeline.learn.explain import Explanation, explain
from pipeline.learn.figures import AuditFigures, Batch, Bin, Evaluation, Share, Spent, TopicFigures, Week
from pipeline.learn.fit import Report, counted, fit, state
from pipeline.learn.outlook import outlook, plan
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
    "Spent",
    "TopicFigures",
    "Trained",
    "Week",
    "counted",
    "evaluate",
    "explain",
    "fit",
    "is_due",
    "outlook",
    "plan",
    "state",
    "steer",
    "suggest",
    "train",
]
