"""Installs what a bundle renders: a graph of objects, applied, waited for and written down."""
