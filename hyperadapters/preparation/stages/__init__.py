"""The long steps of the preparation."""
