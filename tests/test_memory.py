"""Memory that a process keeps."""

import resource
import sys

import pytest
import torch

from hyperadapters.errors import UserError
from hyperadapters.memory import keep_memory
from hyperadapters.workers import apart


def page_faults_of_a_large_block():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(16 << 20)  # 64 MiB, 16,384 pages
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def report():
    keep_memory()
    # something small may come to lie in what was freed first
    raise UserError(str(min(page_faults_of_a_large_block() for _ in range(4))))


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's memory")
def test_freed_memory_is_used_again():
    with pytest.raises(UserError) as found:
        apart(report)
    assert int(str(found.value)) < 1000
