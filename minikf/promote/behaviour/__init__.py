"""Whether what was promoted behaves as it did here: predictions recorded on the laptop, asked again on the target."""
