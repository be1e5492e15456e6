"""Builds the images and looks into them."""
