"""The demo's table."""

from typing import Any, Dict, List


def markdown(rows: List[Dict[str, Any]], supervised: int, directions: int) -> str:
    """The results as a Markdown page.

    Args:
        rows: rows as in `results.json`.
        supervised: number of trained directions.
        directions: number of all directions.
    """
    from tabulate import tabulate

    headers = (
        "system", "adapter parameters", "supervised BLEU", "supervised chrF", "zero-shot BLEU",
        "zero-shot chrF", "training words per second",
    )  # fmt: skip
    table = tabulate(
        [
            (
                row["system"], f"{row['adapter_parameters']:,}",
                *(f"{row[f'{group}_{metric}']:.1f}" for group in ("supervised", "zero_shot")
                  for metric in ("bleu", "chrf")),
                f"{row['words_per_second']:,.0f}" if row["words_per_second"] else "-",
            )
            for row in rows
        ],
        headers, tablefmt="github", colalign=("left", *["right"] * 6), disable_numparse=True,
    )  # fmt: skip
    return (
        f"{table}\n\n"
        f"Constructed languages; means over {supervised} trained and {directions - supervised} "
        f"zero-shot directions. Words are target pieces (fairseq's wps).\n"
        f"BLEU: {rows[0]['signature_bleu']}. chrF: {rows[0]['signature_chrf']}.\n"
    )
