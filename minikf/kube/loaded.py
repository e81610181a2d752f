"""Credentials as a kubeconfig names them, by the loader of the official client.

It runs plugins (`exec`), renews what has expired, and reads `tokenFile`, `username` and `password`, `auth-provider`,
`tls-server-name` and `insecure-skip-tls-verify`. It knows no `proxy-url`; that is read here.
"""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from minikf.kube.contexts import chosen, parse
from minikf.kube.credentials import Address, NoWayIn, outdated, proxy_to

if TYPE_CHECKING:
    from kubernetes.client import Configuration


class Loaded:
    """What the current context of a kubeconfig says; loaded when it is first needed."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig
        self._loaded: Configuration | None = None
        self._address: Address | None = None
        self._trust: tuple[tuple[str, str], ssl.SSLContext] | None = None

    def address(self) -> Address:
        configuration = self._configuration()
        if self._address is None:
            name = str(getattr(configuration, "tls_server_name", None) or "")
            address = Address.of(str(configuration.host), name=name)
            self._address = replace(address, proxy=self._proxy(address))
        return self._address

    def headers(self) -> dict[str, str]:
        configuration = self._configuration()
        with _said_by_the_loader(self._kubeconfig):
            token = configuration.get_api_key_with_prefix("authorization")  # renews a token that has expired
        return {"Authorization": str(token).strip()} if token else {}  # the line's end of a tokenFile is in it

    def doubt(self) -> str:
        found = self._configuration().cert_file
        return outdated(Path(found) if found else None)

    def trust(self) -> ssl.SSLContext:
        configuration = self._configuration()
        pair = (str(configuration.cert_file or ""), str(configuration.key_file or ""))
        if self._trust is not None and self._trust[0] == pair:
            return self._trust[1]
        try:
            context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
            if not configuration.verify_ssl:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if pair[0]:
                context.load_cert_chain(pair[0], pair[1] or None)
        except OSError as error:
            raise NoWayIn(f"a certificate that {self._kubeconfig} names cannot be used: {error}") from error
        self._trust = (pair, context)
        return context

    def _configuration(self) -> Configuration:
        if self._loaded is None:
            self._loaded = load(self._kubeconfig)
        return self._loaded

    def _proxy(self, address: Address) -> str:
        """The kubeconfig's own proxy, else the one that the environment has for such addresses."""
        own = chosen(parse(self._kubeconfig.read_text(), str(self._kubeconfig)), "").cluster.get("proxy-url")
        return str(own) if own else proxy_to(address)


def load(kubeconfig: Path) -> Configuration:
    """The official client's configuration of the current context. Raises NoWayIn, also where a plugin fails."""
    from kubernetes.client import Configuration
    from kubernetes.config import load_kube_config

    found = Configuration()
    with _said_by_the_loader(kubeconfig):
        load_kube_config(config_file=str(kubeconfig), client_configuration=found)
    return found


@contextlib.contextmanager
def _said_by_the_loader(kubeconfig: Path) -> Iterator[None]:
    """Turns the loader's failures into NoWayIn; it only logs that a plugin failed, and goes on without a credential."""
    said: list[str] = []

    def hear(record: logging.LogRecord) -> bool:
        if record.module != "kube_config":
            return True
        said.append(record.getMessage())
        return False

    root = logging.getLogger()
    root.addFilter(hear)
    try:
        yield
    except Exception as error:  # the loader raises whatever its plugins and libraries do
        raise NoWayIn(f"{kubeconfig} does not lead to a credential: {error}") from error
    finally:
        root.removeFilter(hear)
    if said:
        raise NoWayIn(f"{kubeconfig} does not lead to a credential: {'; '.join(said)}")
