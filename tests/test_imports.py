"""Imports have no circle and none runs upwards, also within functions."""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "hyperadapters"

# Rooms and single modules, the upper first; those of one line may import each other's modules.
LAYERS = (
    ("cli", "__main__"),
    ("demos",),
    ("relatedness", "comparison", "benchmark", "preparation"),
    ("evaluation", "api"),
    ("tasks", "models", "criterions", "optim"),
    ("pretrained", "checkpoints", "multitask", "training", "parameter_counts"),
    ("backbone", "data", "configuration"),
    ("adapter_configuration", "head_mask_configuration"),
    ("options",),
    ("merging", "subnetworks"),
    ("sources",),
    ("adapters",),
    ("metrics", "reports"),
    ("support", "shipped_files"),
)
ROOT = "hyperadapters"
PURE = ("adapters", "sources", "merging", "subnetworks")  # without fairseq


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in PACKAGE.rglob("*.py")}


@cache
def imports(name: str) -> frozenset[str]:
    """What a module imports, anywhere in it: modules of the package, else names of packages."""
    path, imported = MODULES[name], set()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*parents, *filter(None, [node.module])]) if node.level else node.module
            for alias in node.names:
                full = f"{base}.{alias.name}"
                imported.add(full if full in MODULES else base)
    return frozenset(imported - {name})


def layer(name: str) -> int:
    """The number of a module's layer, 0 for the lowest."""
    room = name.partition(".")[2].partition(".")[0]
    (number,) = [n for n, rooms in enumerate(reversed(LAYERS)) if room in rooms]
    return number


def test_there_is_no_circle():
    graph = {name: imports(name) & MODULES.keys() for name in MODULES}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_no_import_runs_upwards():
    upward = [
        f"{name} imports {other}"
        for name in MODULES.keys() - {ROOT}  # which registers all of it with fairseq
        for other in imports(name) & MODULES.keys() - {ROOT}
        if layer(other) > layer(name)
    ]
    assert not upward, "\n".join(upward)


def test_the_mathematics_knows_no_fairseq():
    for name in MODULES:
        if name.split(".")[1:2] and name.split(".")[1] in PURE:
            foreign = {other.partition(".")[0] for other in imports(name)}
            assert not foreign & {"fairseq", "omegaconf", "hydra"}, name
