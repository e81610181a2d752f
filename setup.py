"""Only maps the top-level folders to the packages they are imported as."""

from setuptools import find_packages, setup

FOLDERS = {"minikf": "minikf", "minikf.gpu": "gpu", "minikf.tui": "tui", "minikf.bundles": "bundles"}


def packages() -> list[str]:
    found = []
    for name, folder in FOLDERS.items():
        found += [name] + [f"{name}.{sub}" for sub in find_packages(folder)]
    return found


setup(package_dir=FOLDERS, packages=packages(), include_package_data=True)
