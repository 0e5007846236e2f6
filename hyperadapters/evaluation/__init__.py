"""Evaluations, from a checkpoint to reports."""
