"""What the console program can do besides running. Each module is a group of verbs and adds them to the parser."""
