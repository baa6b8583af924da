"""`python -m candid`: the command line."""

from candid.cli import main

main()
