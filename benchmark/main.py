# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The command `scripts/benchmark`."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
import json
from pathlib import Path
import signal
import sys
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional, Sequence

from benchmark.contestants import Contestants
from benchmark.domain import own_domain
from benchmark.figures import without_nan
from benchmark.fleet import Fleet
from benchmark.formats import Formats
from benchmark.guards import Guards
from benchmark.lab import Interrupted, Lab
from benchmark.machine import complaint, describe_machine
from benchmark.messages import Messages
from benchmark.plots import draw
from benchmark.processes import Unmeasured
from benchmark.progress import describe, Progress
from benchmark.rates import Rates
from benchmark.round_trips import RoundTrips
from benchmark.scale import choose_scale, Scale
from benchmark.scenario import LETTERS, Scenario
from benchmark.soak import Soak
from benchmark.start_up import StartUp
from benchmark.table import columns, verdicts
from benchmark.targets import judge
from dg_pytorch_ros.terminal.spans import span_in

DESCRIPTION = """\
Measure pytorch_node beside the node that one would write by hand, and beside a bare
echo of bytes: real processes, talking DDS over loopback, side by side or in turn.

  a  timer at 1 kHz and faster, six inputs       e  start-up, and the first evaluations
  b  round trip, MLP                             f  ten nodes on one machine
  c  round trip, recurrent policy                g  soak at 1 kHz
  d  round trip, image                           h  what the guards cost in a tick
  i  values out of messages, and into them       j  the formats of a model file
"""
EXAMPLES = """\
examples:
  scripts/benchmark                           everything; some 40 minutes
  scripts/benchmark --quick                   short slices, to see whether it works
  scripts/benchmark --only b c                two scenarios
  scripts/benchmark --only g --soak-minutes 60
  ROS_DISTRO=kilted scripts/benchmark         the same with Kilted

Ctrl-C ends all processes and reports what was measured until then. Exits 0 when everything was
measured, met or missed; 1 if something could not be; 130 after Ctrl-C. Leave the machine alone
meanwhile: whatever else runs is measured, too.
"""
QUICK = 'QUICK RUN: slices this short show that it works, not how well'
_EXIT_CODE_OF_INTERRUPT = 130


def main(args: Optional[List[str]] = None) -> int:
    """Measure, report, and return the exit code."""
    options = _parse(args)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    scale = choose_scale(is_quick=options.quick, soak_minutes=options.soak_minutes)
    folder: Path = options.output.absolute()
    logs = folder / 'logs'
    logs.mkdir(parents=True, exist_ok=True)
    report = Report(scale, folder)
    try:
        with TemporaryDirectory(prefix='benchmark_') as scratch, own_domain() as domain:
            lab = Lab(Path(scratch), logs, domain)
            lab.make_models()
            scenarios = _scenarios(options.only, lab, Contestants(lab), scale)
            report.run(scenarios)
    except Unmeasured as problem:
        report.problems.append(str(problem))
    except KeyboardInterrupt:
        report.is_interrupted = True
    report.publish()
    return report.exit_code


class Report:
    """What was measured, and what could not be."""

    def __init__(self, scale: Scale, folder: Path) -> None:
        self.problems: List[str] = []
        self.is_interrupted = False
        self._scale = scale
        self._folder = folder
        self._machine = describe_machine()
        self._scenarios: List[Scenario] = []

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        if self.is_interrupted:
            return _EXIT_CODE_OF_INTERRUPT
        return 1 if self.problems else 0

    def run(self, scenarios: Sequence[Scenario]) -> None:
        """Run scenarios until all are done, or until Ctrl-C."""
        if self._scale.is_quick:
            _say(QUICK)
        warning = complaint(self._machine)
        if warning:
            _say(f'warning: {warning}')
        progress = Progress(_say)
        for scenario in scenarios:
            progress.plan(scenario.steps)
        _say(f'about {describe(progress.left_s())}; processes log to {self._folder / "logs"}')
        for scenario in scenarios:
            self._scenarios.append(scenario)
            try:
                scenario.run(progress)
            except Unmeasured as problem:
                self.problems.append(f'{scenario.letter}: {problem}')
                progress.note(f'NOT MEASURED: {problem}')
            except (KeyboardInterrupt, Interrupted):
                self.is_interrupted = True
                return
            for step in scenario.steps:
                progress.skip(step)

    def publish(self) -> None:
        """Print tables, and write the JSON file and the plots."""
        figures = {one.letter: without_nan(one.figures()) for one in self._scenarios}
        judged = judge(figures)
        self._print_tables()
        _say(f'\n{verdicts(judged)}')
        content: Dict[str, Any] = {
            'is_quick': self._scale.is_quick, 'is_interrupted': self.is_interrupted,
            'machine': self._machine, 'settings': self._scale.as_dict(),
            'targets': [verdict.as_dict() for verdict in judged],
            'scenarios': figures, 'problems': self.problems}
        file = self._folder / 'benchmark.json'
        file.write_text(json.dumps(content, indent=2) + '\n')
        files = [file, *draw(self._scenarios, self._folder)]
        _say('\nwritten: ' + ', '.join(map(str, files)))
        for problem in self.problems:
            print(f'not measured: {problem.splitlines()[0]}', file=sys.stderr)
        if self.is_interrupted:
            print('interrupted', file=sys.stderr)

    def _print_tables(self) -> None:
        machine = self._machine
        versions = ', '.join(f'{key} {value}' for key, value in machine['versions'].items())
        _say('')
        _say(f'{machine["cpu"]}, {machine["cores"]} cores, {machine["memory_gib"]} GiB, '
             f'{machine["system"]} {machine["kernel"]}, load {machine["load_at_start"]:.2f}')
        _say(f'ROS 2 {machine["ros_distro"]}, {machine["rmw"]}, {versions}')
        if self._scale.is_quick:
            _say(QUICK)
        for scenario in self._scenarios:
            _say(f'\n{scenario.letter}  {scenario.title}')
            _say(columns(scenario.rows()))
            if isinstance(scenario, Formats):
                _say('\n'.join(scenario.reasons()))


def _scenarios(
    letters: Sequence[str], lab: Lab, contestants: Contestants, scale: Scale
) -> List[Scenario]:
    scenarios: List[Scenario] = [
        Rates(lab, contestants, scale),
        *(RoundTrips(letter, lab, scale) for letter in 'bcd'),
        StartUp(lab, contestants, scale),
        Fleet(lab, contestants, scale),
        Soak(lab, contestants, scale),
        Guards(lab, scale),
        Messages(lab, scale),
        Formats(lab, contestants, scale)]
    return [scenario for scenario in scenarios if scenario.letter in letters]


def _parse(args: Optional[List[str]]) -> Any:
    parser = ArgumentParser(
        prog='scripts/benchmark', description=DESCRIPTION, epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        '--only', nargs='+', choices=list(LETTERS), default=list(LETTERS), metavar='LETTER',
        help='scenarios to run (default: all)')
    parser.add_argument('--quick', action='store_true', help='short slices; some 10 minutes')
    parser.add_argument(
        '--output', type=Path, default=Path('benchmark-results'), metavar='DIR',
        help='for the JSON file, plots and logs (default: benchmark-results)')
    parser.add_argument(
        '--soak-minutes', type=span_in('minutes'), metavar='M',
        help='how long scenario g runs (default: 10)')
    return parser.parse_args(args)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == '__main__':
    sys.exit(main())
