"""What a person can do and see in a Slack client."""
