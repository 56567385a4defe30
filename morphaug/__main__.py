"""``python -m morphaug``: the command line."""

from morphaug.app.cli import main

if __name__ == "__main__":
    main()
