"""The Slack door: listeners translate, call one verb, answer."""
