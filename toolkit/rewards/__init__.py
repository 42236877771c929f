"""Rewards under test: what they pay (`preview`, `cases`), whether they can be fooled (`stress`, `audit`), and how their
parts become one number (`compose`).

A reward is pure text in, verdict out. Nothing here trains; `toolkit train` asks `gate` before it begins.
"""
