"""Running jobs: their order, what is skipped, failures, GPUs, and jobs as text."""

import shlex
import sys
from dataclasses import replace

import pytest

from hyperadapters.cli.main import main
from hyperadapters.support.errors import UserError
from hyperadapters.training.jobs import Job, JobRunner


@pytest.fixture
def job(tmp_path):
    """Makes a job that appends its name to the file `written`."""

    def make(name, *after, command="true", marked=True):
        words = ["sh", "-c", f"{command} && echo {name} >> {tmp_path}/written"]
        marker = tmp_path / name / "finished" if marked else None
        return Job(name, words, tmp_path / f"{name}.log", after, marker)

    return make


def written(tmp_path):
    file = tmp_path / "written"
    return file.read_text().split() if file.exists() else []


def test_jobs_run_once_in_their_order_and_side_by_side(tmp_path, job):
    wait = f"for i in $(seq 300); do grep -q d {tmp_path}/written && break; sleep 0.1; done"
    jobs = [job("a"), job("b", "a"), job("c", "a", command=wait), job("d", "b")]
    for _ in range(2):
        JobRunner(2).run(jobs)
    assert written(tmp_path) == ["a", "b", "d", "c"]


def test_a_failing_job_says_where_to_look_and_stops_the_others(tmp_path, job):
    bad = job("bad", command="echo no such task; false")
    good = replace(job("good"), command=["sleep", "600"])
    runner = JobRunner(2)
    with pytest.raises(UserError, match=r"sh failed \(no such task\): see .*bad.log"):
        runner.run([good, bad, job("late", "bad")])
    assert all(process.poll() is not None for process in runner.processes)
    assert written(tmp_path) == [] and not list(tmp_path.glob("*/finished"))


def test_the_others_go_on_if_they_are_to_and_need_not_what_failed(tmp_path, job):
    jobs = [job("bad", command="false"), job("late", "bad"), job("later", "late"), job("good")]
    with pytest.raises(UserError, match="sh failed .*bad.log.* therefore not run: late, later"):
        JobRunner(1, keep_going=True).run(jobs)
    assert written(tmp_path) == ["good"]


def test_other_settings_are_an_error_before_anything_runs(tmp_path, job):
    JobRunner(1).run([job("a")])
    changed = job("a", command="true yes")
    with pytest.raises(UserError, match="a was trained with other settings .*/a/finished.*delete"):
        JobRunner(1).run([job("b"), changed])
    lines = []
    JobRunner(1, report=lines.append).run([replace(changed, any_settings=True), job("b", "a")])
    assert written(tmp_path) == ["a", "b"]
    assert "a: finished before with other settings" in lines[0] and "used as it is" in lines[0]


def test_where_the_plug_in_and_its_programs_are_is_no_setting(job):
    words = ["fairseq-train", "data", "--user-dir", "here", "--lr", "0.1"]
    moved = ["/env/bin/fairseq-train", "data", "--lr", "0.1", "--user-dir", "elsewhere"]
    first, second = (replace(job("a"), command=command) for command in (words, moved))
    assert first.settings == second.settings == "fairseq-train data --lr 0.1"


def test_each_gpu_has_one_job_at_a_time(tmp_path, job):
    note = f"echo $CUDA_VISIBLE_DEVICES >> {tmp_path}/gpus"
    jobs = [job("first", command=note)]
    jobs += [job(name, "first", command=note) for name in ("a", "b")]
    JobRunner(gpus=["2", "5"]).run(jobs)
    first, *others = (tmp_path / "gpus").read_text().split()
    assert first == "2" and sorted(others) == ["2", "5"]


def test_jobs_as_text(tmp_path, capfd):
    file = tmp_path / "jobs"
    text = "it's a=b"
    command = [sys.executable, "-c", "import sys; print(sys.argv)", text]
    file.write_text(
        f"# two jobs\n\nname=a log={tmp_path}/a.log marker={tmp_path}/a.done {shlex.join(command)}\n"
        f"name=b after=a log={tmp_path}/b.log any_settings=no {shlex.join(command)}\n"
    )
    assert main(["run-jobs", str(file), "--print"]) == 0
    assert [shlex.split(line) for line in capfd.readouterr().out.splitlines()] == [command] * 2
    assert main(["run-jobs", str(file), "--at-a-time", "2"]) == 0
    assert capfd.readouterr().out.split("\n")[0] == f"== a (log: {tmp_path}/a.log)"
    assert (
        (tmp_path / "a.log").read_text() == (tmp_path / "b.log").read_text() == f"{['-c', text]}\n"
    )
    assert main(["run-jobs", str(file)]) == 0
    assert "== a: finished before" in capfd.readouterr().out


@pytest.mark.parametrize(
    "line, message",
    [
        ("name=a", "line 1 of the jobs: write name=NAME and, after the settings, a command"),
        ("nam=a true", "line 1 of the jobs: unknown setting 'nam': did you mean 'name'?"),
        ("name=a 'true", "line 1 of the jobs: No closing quotation"),
        ("name=a after=b true", "a is after 'b', no job before it"),
        ("name=a true\nname=a true", "two jobs are called 'a'"),
        ("name=a no-such-program", "cannot run 'no-such-program'"),
    ],
)
def test_what_is_no_job_is_named(line, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs").write_text(line + "\n")
    assert main(["run-jobs", "jobs", "--at-a-time", "1"]) == 2
    assert message in capsys.readouterr().err
