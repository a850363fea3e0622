"""The economy's pure core."""
