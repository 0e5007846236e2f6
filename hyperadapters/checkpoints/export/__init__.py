"""Bake, export and attach: trained adapters as plain weights that travel without their source."""
