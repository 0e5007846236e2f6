"""Scores of tags and of translations, as sacreBLEU metrics."""
