"""The colours of the house. Each dark one has at least 4.5:1 against white and paper, each bright one against night (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

INK, SOFT, NIGHT, PAPER, RULE, GOLD = "#17262B", "#4A5A60", "#0F3D4A", "#F6F1E7", "#C9C2B2", "#F2C864"
HUES = ("#0F6670", "#A63D17", "#356540", "#4A488F", "#7F5600", "#8B2F55", "#3C5A78")
BRIGHTS = ("#7FC8C2", "#F08A5D", "#9CCB8B", "#B7B5F0", "#F2C864", "#EBA0B8", "#A9C7E4")


def hue(section: int) -> str:
    """Give the dark colour of the section at this place."""
    return HUES[section % len(HUES)]


def bright(section: int) -> str:
    """Give the bright colour of the section at this place."""
    return BRIGHTS[section % len(BRIGHTS)]
