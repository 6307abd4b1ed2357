"""What the bot is compared with: the least that a server can be, and empty programs of the usual frameworks."""
