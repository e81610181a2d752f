"""`python -m venv` in a pod: `--system-site-packages` shows what the container has, as it does inside an image.

The container's packages are in environments of ours, and Python's own venv looks at the machine's installation only.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import venv
from pathlib import Path

from minikf.embedded.forkserver.shims.pip import BASE_SITE
from minikf.embedded.forkserver.shims.place import CONTAINER_DIR, ENV_LINK

_PATHS = "minikf-container.pth"


class Builder(venv.EnvBuilder):
    """Python's own, and after it the container's packages where system packages are asked for."""

    def create(self, env_dir: str | os.PathLike[str]) -> None:  # type: ignore[override]  # narrower in typeshed
        super().create(env_dir)
        if self.system_site_packages:
            _show_container(Path(env_dir))


def _show_container(place: Path) -> None:
    """What `pip install` gave the container, now or later, comes before what all pods share."""
    library = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    shown = [str(Path(os.environ[CONTAINER_DIR]) / ENV_LINK / library)] if os.environ.get(CONTAINER_DIR) else []
    shown.append(os.environ.get(BASE_SITE) or sysconfig.get_path("purelib"))
    lines = [f"import site; site.addsitedir({folder!r})\n" for folder in shown]
    (place / library / _PATHS).write_text("".join(lines))


def main(words: list[str]) -> int:
    """The exit code of `python -m venv *words`."""
    venv.EnvBuilder = Builder  # type: ignore[misc]  # venv's own command makes what this name says
    try:
        venv.main(words)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
