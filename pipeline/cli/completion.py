"""The script by which a shell completes our commands and options with the Tab key. It is click's own."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from pipeline.cli.session import Session, command, here

VARIABLE = "_GLEANINGS_COMPLETE"
"""By this variable the shell asks what could come next; `cli.run` answers."""
SHELLS = ("bash", "zsh", "fish")


@command(
    "completion",
    "completion bash > ~/.local/share/bash-completion/completions/gleanings",
    "completion fish > ~/.config/fish/completions/gleanings.fish",
)
@click.argument("shell", type=click.Choice(SHELLS))
@here
def completion_command(session: Session, shell: str) -> None:
    """Print the script that lets a shell complete commands and options."""
    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - click knows these three
    script = made(click.Group(), {}, "gleanings", VARIABLE).source()
    session.emit({"shell": shell, "script": script})
    session.say(script)
