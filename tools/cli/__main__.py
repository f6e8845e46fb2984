"""`python -m tools.cli`: what `./slipway` runs."""

from tools.cli.app import main

if __name__ == "__main__":
    main()
