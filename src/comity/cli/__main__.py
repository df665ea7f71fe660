"""`python -m comity.cli`: the command, where its script is not on the PATH."""

from comity.cli.main import main

main()
