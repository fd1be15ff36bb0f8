"""`python -m leadflow.cli` is `leadflow`: child processes are started by this name."""

from leadflow.cli.entry import main

if __name__ == "__main__":
    main()
