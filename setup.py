"""Package metadata; `make` sets up a whole environment."""

import ast
import re
import runpy
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
# Where the files of the repository can be read on the web, with a slash at the end. It has no public
# address yet: the package index shows the paths of other pages instead of links to them.
REPOSITORY = ""


def version() -> str:
    """`__version__` of the package, read without importing it."""
    text = (HERE / "hyperadapters" / "__init__.py").read_text(encoding="utf-8")
    return ast.literal_eval(re.search(r"^__version__ = (.+)$", text, re.M).group(1))


def long_description() -> str:
    """The README with links that work outside the repository."""

    def rewrite(match: re.Match) -> str:
        image, text, target = match.groups()
        if REPOSITORY:
            return f"{image}[{text}]({REPOSITORY}{target})"
        if image:
            return f"(Figure in the repository, `{target}`: {text})"
        return f"{text} (`{target}`)" if text != target else f"`{text}`"

    readme = (HERE / "README.md").read_text(encoding="utf-8")
    return re.sub(r"(!?)\[([^\]]+)\]\((?!https?:|#)([^)]+)\)", rewrite, readme)


class BuildWithFiles(build_py):
    """Puts the files of `hyperadapters files` into the wheel; an editable install reads the clone."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        shipped = runpy.run_path(str(HERE / "hyperadapters" / "shipped_files.py"))
        folder = Path(self.build_lib, "hyperadapters", shipped["IN_WHEEL"])
        for file in shipped["paths"](HERE):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HERE / file, folder / file)


setup(
    name="hyperadapters",
    version=version(),
    description="Hyper-adapters and regular adapters for multilingual translation with fairseq",
    long_description=long_description(),
    long_description_content_type="text/markdown",
    author="hyperadapters developers",
    license="MIT",
    license_files=["LICENSE"],
    keywords=[
        "adapters", "fairseq", "hyper-adapters", "hypernetworks", "machine translation",
        "multilingual", "multi-task learning", "parameter-efficient fine-tuning", "Transformer",
    ],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Text Processing :: Linguistic",
        "Typing :: Typed",
    ],
    packages=find_packages(include=["hyperadapters", "hyperadapters.*"]),
    package_data={
        "hyperadapters": ["py.typed"],
        "hyperadapters.data": ["*.tsv"],
        "hyperadapters.support": ["*.tsv"],
    },
    cmdclass={"build_py": BuildWithFiles},
    python_requires=">=3.11,<3.13",
    install_requires=[
        "fairseq-fixed==0.12.3.1",
        "torch>=2.4",
        "numpy>=1.24",
        "networkx>=3,<4",
        "safetensors>=0.4,<1",
        "sentencepiece>=0.2,<0.3",
        "sacrebleu>=2.4,<3",
        "scikit-learn>=1.3",
        "scipy>=1.11",
        "matplotlib>=3.8,<4",
        "fonttools>=4.40",
        "tabulate>=0.9,<1",
        "tqdm>=4.60",
        "nervaluate>=1.2,<2",
    ],
    extras_require={
        "cjk": ["sacrebleu[ja,ko]"],
        "tokenizers": ["tokenizers>=0.21,<1"],
        "langid": ["lingua-language-detector>=2.1,<3"],
        "dev": [
            "pytest>=8,<10",
            "pytest-timeout>=2.2,<3",
            "pytest-xdist>=3.8,<4",
            "hypothesis>=6.100,<7",
            "mypy>=2.4,<3",
            "ruff>=0.17,<0.18",
            "seqeval>=1.2,<2",
            "tokenizers>=0.21,<1",
        ],
    },
    entry_points={"console_scripts": ["hyperadapters=hyperadapters.cli.main:main"]},
)  # fmt: skip
