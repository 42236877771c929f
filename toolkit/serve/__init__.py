"""Servers for models: find the engine, check what can be checked, start, watch until ready, stop what was started."""
