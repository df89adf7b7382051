"""`python -m gateway.cli`: the command line without its script, for processes that start others."""

from gateway.cli import main

main()
