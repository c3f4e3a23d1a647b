"""`python -m satgan_tutorial`: the `satgan` command."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="satgan")
