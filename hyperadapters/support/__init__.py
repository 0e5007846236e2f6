"""What every room needs: errors, registries, files, workers, text, figures. It imports no other room."""
