"""Evaluation of translation: all directions of a model."""
