"""Port-forwards that live as long as this process: to a pod's HTTP port, through the API server, on loopback.

As everything of MiniKF's that reads data or starts code they ask for a credential, and check Host and Origin.
"""

from minikf.views.forwards.manager import Forward, Forwards
from minikf.views.forwards.questions import FORWARDS, CloseForward, Opened, OpenForward, PodPort, ports_of

__all__ = ["FORWARDS", "CloseForward", "Forward", "Forwards", "OpenForward", "Opened", "PodPort", "ports_of"]
