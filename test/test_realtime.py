# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Real-time settings of the evaluation thread, as the kernel tells them afterwards."""

from contextlib import contextmanager
import ctypes
import os
from pathlib import Path
import subprocess
import sys
from threading import enumerate as enumerate_threads, get_native_id, Thread
from typing import Any, Callable, Dict, Iterator, List

from dg_pytorch_ros.config.node_config import RealtimeConfig
from dg_pytorch_ros.errors import ConfigError
import pytest

if sys.platform != 'linux':
    pytest.skip('real-time settings need Linux', allow_module_level=True)
import resource  # noqa: E402, I100

from dg_pytorch_ros.realtime import Realtime  # noqa: E402, I100, I202

CORES = sorted(os.sched_getaffinity(0))
PR_CAPBSET_DROP = 24
CLONE_NEWUSER = 0x10000000
CAP_IPC_LOCK = 14
CAP_SYS_NICE = 23
LIBC = ctypes.CDLL(None)


def drop_permissions() -> None:
    """Give up for good what the settings need; a program that is then begun has it no more."""
    for capability in (CAP_IPC_LOCK, CAP_SYS_NICE):
        LIBC.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability))
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    least = 1 << 20
    if hard == resource.RLIM_INFINITY or hard > least:
        hard = least
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))


def locked_kib(pid: int) -> int:
    status = Path(f'/proc/{pid}/status').read_text()
    return int(status.partition('VmLck:')[2].split()[0])


def resident_kib(pid: int) -> int:
    status = Path(f'/proc/{pid}/status').read_text()
    return int(status.partition('VmRSS:')[2].split()[0])


def slack_ns(thread_id: int) -> int:
    return int(Path(f'/proc/{thread_id}/timerslack_ns').read_text())


@contextmanager
def no_mode() -> Iterator[None]:
    yield


def try_out(
        config: RealtimeConfig, look: Callable[[], Any] = lambda: None, *,
        mode: Any = no_mode) -> Dict[str, Any]:
    """Look at a thread under these settings, from inside."""
    found: Dict[str, Any] = {'warnings': []}
    realtime = Realtime(config, warn=found['warnings'].append)

    def work() -> None:
        with realtime.around(mode()):
            found['seen'] = look()
    thread = Thread(target=work)
    thread.start()
    thread.join()
    return {'granted': realtime.granted, **found}


def in_child(program: str, **options: Any) -> List[str]:
    """Run a program in a Python of its own; return the lines that it printed."""
    run = subprocess.run(
        [sys.executable, '-c', f'from test_realtime import *\n{program}'],
        cwd=Path(__file__).parent, capture_output=True, text=True, **options)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def need_priority() -> None:
    """Skip where the kernel, asked directly, gives no priority."""
    if in_child("""
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(80))
    print('granted')
except OSError as error:
    print(error)
""") != ['granted']:
        pytest.skip('this machine gives no priority')


def need_locked_memory() -> None:
    """Skip where the kernel, asked directly, locks only what a finite limit allows."""
    if in_child("""
soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
if soft != resource.RLIM_INFINITY:
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, hard))
print(LIBC.mlockall(3))
""") != ['0']:
        pytest.skip('this machine locks no memory without a limit')


def test_nothing_asked_for_changes_nothing_but_the_timer_slack() -> None:
    def look() -> Any:
        return os.sched_getscheduler(0), os.sched_getaffinity(0), slack_ns(get_native_id())
    locked = locked_kib(os.getpid())
    found = try_out(RealtimeConfig(), look)
    assert found == {
        'granted': [], 'warnings': [],
        'seen': (os.sched_getscheduler(0), os.sched_getaffinity(0), 1)}
    assert locked_kib(os.getpid()) == locked
    assert slack_ns(get_native_id()) != 1


def test_a_priority_is_that_of_the_calling_thread_alone() -> None:
    need_priority()
    found = try_out(
        RealtimeConfig(priority=42),
        lambda: (os.sched_getscheduler(0), os.sched_getparam(0).sched_priority))
    assert found['seen'] == (os.SCHED_FIFO, 42)
    assert found['granted'] == ['priority 42'] and not found['warnings']
    assert os.sched_getscheduler(0) != os.SCHED_FIFO


@pytest.mark.skipif(len(CORES) < 2, reason='one core is no choice')
@pytest.mark.parametrize('cores', [(CORES[-1],), (CORES[0],), tuple(CORES[:2])])
def test_cores_are_those_of_the_calling_thread_alone(cores: Any) -> None:
    before = os.sched_getaffinity(0)
    found = try_out(RealtimeConfig(cpu_affinity=cores), lambda: os.sched_getaffinity(0))
    assert found['seen'] == set(cores)
    assert found['granted'] == [f'cores {", ".join(map(str, cores))}'] and not found['warnings']
    assert os.sched_getaffinity(0) == before


def test_a_core_that_the_process_may_not_use_is_refused_with_those_that_it_may() -> None:
    beyond = CORES[-1] + 1000
    with pytest.raises(ConfigError, match=f'cpu_affinity holds {beyond}, .*allowed: {CORES[0]}'):
        Realtime(RealtimeConfig(cpu_affinity=(CORES[0], beyond)), warn=print)


@pytest.mark.skipif(len(CORES) < 2, reason='nothing would be left')
def test_a_core_that_was_taken_from_the_process_is_refused() -> None:
    (line,) = in_child(
        f'os.sched_setaffinity(0, [{CORES[0]}])\n'
        'try:\n'
        f'    Realtime(RealtimeConfig(cpu_affinity=({CORES[1]},)), warn=print)\n'
        'except ConfigError as error:\n'
        '    print(error)\n')
    assert line.endswith(f'allowed: {CORES[0]}')


def test_memory_is_locked_while_the_thread_lives_present_and_future() -> None:
    need_locked_memory()
    program = """
def look():
    before = locked_kib(os.getpid())
    future = bytearray(64 << 20)
    return before, locked_kib(os.getpid())
for _ in range(2):
    found = try_out(RealtimeConfig(lock_memory=True), look)
    print(*found['seen'], locked_kib(os.getpid()), found['granted'], found['warnings'])
"""
    lines = in_child(program)
    assert len(lines) == 2
    for line in lines:
        now, later, afterwards, rest = line.split(' ', 3)
        assert int(now) > 1 << 12
        assert int(later) - int(now) >= 64 << 10
        assert int(afterwards) == 0
        assert rest == "['memory locked'] []"


def test_memory_is_given_back_when_the_mode_cannot_be_entered() -> None:
    need_locked_memory()
    lines = in_child("""
import threading
threading.excepthook = lambda problem: print(problem.exc_value)
@contextmanager
def mode():
    raise RuntimeError('no such mode')
    yield
print(try_out(RealtimeConfig(lock_memory=True), mode=mode)['granted'])
print(locked_kib(os.getpid()))
""")
    assert lines == ['no such mode', "['memory locked']", '0']


def test_settings_come_before_the_mode() -> None:
    """What a mode starts, such as threads of torch, inherits them."""
    seen = []

    @contextmanager
    def mode() -> Iterator[None]:
        seen.append(os.sched_getaffinity(0))
        yield
    try_out(RealtimeConfig(cpu_affinity=(CORES[-1],)), mode=mode)
    assert seen == [{CORES[-1]}]


REFUSED = """
def look():
    return os.sched_getscheduler(0) == os.SCHED_OTHER, locked_kib(os.getpid())
config = RealtimeConfig(priority=80, cpu_affinity=(CORES[0],), lock_memory=True)
found = try_out(config, look)
print(found['seen'])
print(found['granted'])
for warning in found['warnings']:
    print(warning)
"""


def test_what_is_not_permitted_is_one_warning_each_and_the_rest_is_done() -> None:
    seen, granted, memory, priority = in_child(REFUSED, preexec_fn=drop_permissions)
    assert seen == '(True, 0)'
    assert granted == f"['cores {CORES[0]}']"
    for words in (
            'realtime.lock_memory is true', 'goes on with none locked', 'the limit memlock is ',
            "'@realtime - memlock unlimited'", '--ulimit memlock=-1', '--cap-add ipc_lock'):
        assert words in memory
    for words in (
            'realtime.priority is 80', 'Operation not permitted', 'the limit rtprio is 0',
            'ordinary scheduler', "'@realtime - rtprio 99'", '/etc/security/limits.d/',
            'log in again', '--ulimit rtprio=99', '--cap-add sys_nice'):
        assert words in priority


def test_under_a_finite_limit_nothing_is_locked_so_that_no_allocation_fails_later() -> None:
    """The limit is above what is in use: the kernel would lock, until it is reached."""
    limit = 16 << 30

    def limit_and_drop() -> None:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (limit, limit))
        LIBC.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(CAP_IPC_LOCK))
    try:
        seen, granted, memory = in_child(
            REFUSED.replace('priority=80, ', ''), preexec_fn=limit_and_drop)
    except subprocess.SubprocessError:
        pytest.skip('the limit cannot be raised on this machine')
    assert seen == '(True, 0)'
    assert 'locked' not in granted
    assert f'the limit memlock is {limit}' in memory


def test_the_capabilities_of_a_user_namespace_do_not_count() -> None:
    """In a rootless container, root has them all and the limit holds nevertheless."""
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        pytest.skip('there is no limit on this machine')

    user = os.geteuid()

    def enter() -> None:
        if LIBC.unshare(ctypes.c_int(CLONE_NEWUSER)):
            raise PermissionError
        Path('/proc/self/uid_map').write_text(f'0 {user} 1')
    try:
        _, granted, memory = in_child(REFUSED.replace('priority=80, ', ''), preexec_fn=enter)
    except subprocess.SubprocessError:
        pytest.skip('this machine gives no user namespace')
    assert 'locked' not in granted
    assert 'the limit memlock is ' in memory


def test_the_unlimited_limit_suffices_without_a_capability() -> None:
    def lift_and_drop() -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.setrlimit(resource.RLIMIT_MEMLOCK, unlimited)
        resource.setrlimit(resource.RLIMIT_RTPRIO, (99, 99))
        for capability in (CAP_IPC_LOCK, CAP_SYS_NICE):
            LIBC.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability))
    try:
        seen, granted = in_child(REFUSED, preexec_fn=lift_and_drop)
    except subprocess.SubprocessError:
        pytest.skip('the limits cannot be raised on this machine')
    assert seen.startswith('(False, ') and seen != '(False, 0)'
    assert granted == f"['memory locked', 'cores {CORES[0]}', 'priority 80']"


def test_another_operating_system_is_told_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, 'platform', 'darwin')
    before = os.sched_getaffinity(0)
    asked = RealtimeConfig(priority=80, cpu_affinity=(10_000,), lock_memory=True)
    found = try_out(asked, lambda: os.sched_getaffinity(0))
    assert found['seen'] == before
    assert len(found['warnings']) == 1 and 'needs Linux' in found['warnings'][0]
    assert try_out(RealtimeConfig())['warnings'] == []


def evaluation_thread() -> int:
    (thread,) = [thread for thread in enumerate_threads() if thread.name == 'evaluation']
    assert thread.native_id is not None
    return thread.native_id


def test_a_node_evaluates_under_its_settings_again_after_another_configure(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any) -> None:
    import small_models
    from std_srvs.srv import Trigger
    need_priority()
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), realtime__priority=7,
        realtime__cpu_affinity=CORES[0], inputs__x__qos__reliability='reliable',
        inputs__x__shape=[1], num_threads=1)
    main = os.sched_getscheduler(0), os.sched_getaffinity(0)
    heard = peer.listen('output')
    for _ in range(2):
        heard.clear()
        peer.send_until(lambda: heard, x=[1.0])
        assert peer.call(Trigger, '/node/reload').success
        thread = evaluation_thread()
        assert os.sched_getscheduler(thread) == os.SCHED_FIFO
        assert os.sched_getparam(thread).sched_priority == 7
        assert os.sched_getaffinity(thread) == {CORES[0]}
        fifo = [
            int(task.name) for task in Path('/proc/self/task').iterdir()
            if os.sched_getscheduler(int(task.name)) == os.SCHED_FIFO]
        assert fifo == [thread]
        for label in ('deactivate', 'cleanup', 'configure', 'activate'):
            assert running.change_state(label)
    assert (os.sched_getscheduler(0), os.sched_getaffinity(0)) == main
    text = capfd.readouterr().err
    assert text.count(f'\n  realtime cores {CORES[0]}, priority 7') == 3
    assert '[WARN]' not in text


def test_a_node_says_nothing_of_what_nobody_asked_for(
        run_node: Any, tmp_path: Path, capfd: Any) -> None:
    import small_models
    run_node(model_path=small_models.save(small_models.Double(), tmp_path))
    assert os.sched_getscheduler(evaluation_thread()) == os.sched_getscheduler(0)
    assert slack_ns(evaluation_thread()) == 1
    assert 'realtime' not in capfd.readouterr().err


FILE = """
/**:
  ros__parameters:
    model_path: {path}
    inputs: {{x: {{qos: {{reliability: reliable}}}}}}
    realtime:
      priority: 80
      cpu_affinity: [{core}]
      lock_memory: true
"""


@pytest.fixture
def start(tmp_path: Path, domain: int) -> Iterator[Any]:
    """Return a function that starts the installed node with a file that asks for everything."""
    from node_process import NodeProcess
    import small_models
    nodes = []
    file = tmp_path / 'node.yaml'
    path = small_models.save(small_models.Double(), tmp_path)
    file.write_text(FILE.format(path=path, core=CORES[0]))

    def start_one(**options: Any) -> Any:
        nodes.append(NodeProcess(
            tmp_path / 'node.log', domain, '--params-file', str(file), **options))
        return nodes[-1]
    yield start_one
    for node in nodes:
        node.close()


def test_an_installed_node_runs_with_everything_that_was_asked_for(
        start: Any, peer: Any) -> None:
    need_priority()
    need_locked_memory()
    node = start()
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[2.0])
    assert heard[0].data.tolist() == [4.0]
    assert f'  realtime memory locked, cores {CORES[0]}, priority 80' in node.output
    pid = node.pid
    assert locked_kib(pid) > 0.9 * resident_kib(pid)
    node.interrupt()
    assert node.exit_code() == 0
    assert 'realtime.' not in node.output


def test_an_installed_node_runs_without_what_it_is_refused(start: Any, peer: Any) -> None:
    node = start(preexec_fn=drop_permissions)
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[2.0])
    assert heard[0].data.tolist() == [4.0]
    assert locked_kib(node.pid) == 0
    node.interrupt()
    assert node.exit_code() == 0
    warnings = [line for line in node.output.splitlines() if 'realtime.' in line]
    assert len(warnings) == 2
    assert all('[WARN]' in line for line in warnings)
    assert 'realtime.lock_memory' in warnings[0] and 'realtime.priority' in warnings[1]
    assert f'  realtime cores {CORES[0]}\n' in node.output
