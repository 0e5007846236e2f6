"""Demos: whole experiments on constructed languages, from raw text to a table."""
