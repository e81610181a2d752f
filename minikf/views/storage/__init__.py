"""Storage: claims with what is in them and who has them, storage classes, data sets and stored content."""
