"""Figures beside their peers, measured in one run on one machine. `make bench` prints them; README.md keeps the last ones."""
