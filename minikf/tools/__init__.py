"""kubectl, kind, k3d and helm: found on PATH where new enough, else downloaded once into the cache, verified.

`look` says what is there and asks no network; `ensure` makes one be there.
"""

from minikf.tools.find import Look, look
from minikf.tools.images import k3d_helpers, k3s_image, kind_image
from minikf.tools.install import MIRROR_VARIABLE, ensure
from minikf.tools.table import NAMES

__all__ = ["MIRROR_VARIABLE", "NAMES", "Look", "ensure", "k3d_helpers", "k3s_image", "kind_image", "look"]
