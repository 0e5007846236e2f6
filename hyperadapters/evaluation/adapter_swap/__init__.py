"""Translations with the adapters of another language."""
