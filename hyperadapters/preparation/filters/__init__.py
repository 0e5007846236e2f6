"""Rules that drop sentence pairs."""
