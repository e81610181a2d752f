"""Random passwords in place of those that upstream's manifests have in them for everybody to read."""

from minikf.install.passwords.kept import Login, logins

__all__ = ["Login", "logins"]
