"""The embedded default: three systems trained and compared on constructed languages."""
