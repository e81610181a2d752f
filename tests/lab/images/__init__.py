"""The node image, and what k3d needs beside it, out of Debian packages and the commands built here."""
