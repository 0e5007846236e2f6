"""Package metadata; `make` sets up a whole environment."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

setup(
    name="hyperadapters",
    version="0.1.0",
    description="Hyper-adapters and regular adapters for multilingual translation with fairseq",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    packages=find_packages(include=["hyperadapters", "hyperadapters.*"]),
    package_data={"hyperadapters.relatedness": ["*.tsv"]},
    python_requires=">=3.11,<3.13",
    install_requires=[
        "fairseq-fixed==0.12.3.1",
        "torch>=2.4",
        "numpy>=1.24",
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
        "langid": ["lingua-language-detector>=2.1,<3"],
        "dev": [
            "pytest>=8,<10",
            "pytest-timeout>=2.2,<3",
            "hypothesis>=6.100,<7",
            "ruff>=0.17,<0.18",
            "seqeval>=1.2,<2",
        ],
    },
    entry_points={"console_scripts": ["hyperadapters=hyperadapters.cli.main:main"]},
)
