"""The Web API below /api/: who may call, how often, what goes wrong on purpose, and the methods themselves."""
