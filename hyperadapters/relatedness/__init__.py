"""What adapters have learnt about how languages are related."""
