"""python -m server completion: print the shell's completion of these commands."""

import argparse

import shtab

from server.command_line import parser

NAME = "enfilade_server"
"""What the completion calls the command. What is typed is `python -m server`, so the words before it are cut off."""

WRAPPED = {
    "bash": """
_enfilade_python() {
  if [[ ${COMP_WORDS[1]} == -m && ${COMP_WORDS[2]} == server && $COMP_CWORD -gt 2 ]]; then
    COMP_WORDS=(enfilade_server "${COMP_WORDS[@]:3}")
    COMP_CWORD=$((COMP_CWORD - 2))
    _shtab_enfilade_server
  fi
}
complete -o bashdefault -o default -F _enfilade_python python python3
""",
    "zsh": """
_enfilade_python() {
  if [[ $words[2] == -m && $words[3] == server ]] && (( CURRENT > 3 )); then
    words=(enfilade_server "${words[@]:3}")
    (( CURRENT -= 2 ))
    _shtab_enfilade_server
  else
    _files
  fi
}
compdef _enfilade_python python python3
""",
}


def main(arguments: argparse.Namespace) -> None:
    """Prints a script to be sourced."""
    print(shtab.complete(parser(NAME), arguments.shell) + WRAPPED[arguments.shell], end="")
