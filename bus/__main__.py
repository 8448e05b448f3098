"""``python -P -m bus``: the same as the ``lienthong`` command."""

from bus.cli import main

if __name__ == "__main__":
    main()
