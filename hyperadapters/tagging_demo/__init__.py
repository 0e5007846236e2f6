"""The tagging demo: tasks and languages on one encoder, on constructed languages."""
