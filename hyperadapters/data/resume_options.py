"""The options that decide which checkpoint a training resumes, where a task can read them."""

from dataclasses import dataclass
from typing import Optional

from fairseq.dataclass import FairseqDataclass


def borrowed(name: str) -> str:
    """An interpolation for an option of fairseq's section `checkpoint`; None where there is none."""
    return f"${{oc.select:checkpoint.{name},null}}"


@dataclass
class ResumeOptions(FairseqDataclass):
    """The options of fairseq-train that decide which checkpoint it resumes."""

    save_dir: Optional[str] = borrowed("save_dir")
    restore_file: Optional[str] = borrowed("restore_file")
    checkpoint_suffix: Optional[str] = borrowed("checkpoint_suffix")
    continue_once: Optional[str] = borrowed("continue_once")
    finetune_from_model: Optional[str] = borrowed("finetune_from_model")
