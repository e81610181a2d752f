"""Random passwords in place of those that upstream's manifests have in them for everybody to read."""

from minikf.install.passwords.ensure import ensure
from minikf.install.passwords.inject import with_own
from minikf.install.passwords.kept import Login, logins

__all__ = ["Login", "ensure", "logins", "with_own"]
