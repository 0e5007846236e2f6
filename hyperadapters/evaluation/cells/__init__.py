"""Evaluation of cells (task, language) that share one encoder: trained ones and zero-shot ones."""
