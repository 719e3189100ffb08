# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The pictures: few, small, and readable on a page of text."""

from pathlib import Path
from typing import Any, Dict, List, Sequence

from benchmark.rates import Rates
from benchmark.round_trips import RoundTrips
from benchmark.scenario import Scenario
from benchmark.soak import Soak
from matplotlib import pyplot
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
import numpy as np

COLOURS = {
    'hand': '#c44e52', 'ours': '#2f6fb0', 'tuned': '#55a868', 'floor': '#8c8c8c',
    'module': '#c9b458'}
LABELS = {
    'hand': 'hand-written node', 'ours': 'pytorch_node',
    'tuned': 'pytorch_node, tuned', 'floor': 'echo without a model',
    'module': 'the module alone'}
_TITLES = {'b': 'MLP, 48 to 12', 'c': 'GRU 256', 'd': 'image 3x224x224, conv net'}
_FILES = ('round_trips.png', 'rates.png', 'jitter.png', 'soak.png')
_DPI = 110
_POINTS = 400
# A single outlier would squeeze all the rest into a corner; it is in the table.
_SHOWN = 0.995
_PLAIN = FuncFormatter(lambda value, position: f'{value:g}')


def draw(scenarios: Sequence[Scenario], folder: Path) -> List[Path]:
    """Draw what was measured; return the files."""
    pyplot.switch_backend('Agg')  # files only, no windows
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)  # from another run
    files = []
    trips = [one for one in scenarios if isinstance(one, RoundTrips) and one.round_trips_us]
    if trips:
        files.append(_save(_round_trips(trips), folder / 'round_trips.png'))
    for one in scenarios:
        if isinstance(one, Rates) and one.rates_hz:
            files.append(_save(_rates(one), folder / 'rates.png'))
        if isinstance(one, Rates) and any(one.period_errors_us.values()):
            files.append(_save(_jitter(one), folder / 'jitter.png'))
        if isinstance(one, Soak) and one.memory_mib:
            files.append(_save(_soak(one), folder / 'soak.png'))
    return files


def _round_trips(scenarios: Sequence[RoundTrips]) -> Any:
    figure, axes = _panels(len(scenarios))
    for axis, scenario in zip(axes, scenarios):
        for name in ('module', 'floor', 'ours', 'hand'):
            _cumulative(axis, scenario.round_trips_us.get(name, []), name)
        _log_scale(axis, 'microseconds')
        axis.set_title(f'round trip, {_TITLES[scenario.letter]}', fontsize=9)
    axes[0].set_ylabel('share of round trips')
    _legend_below(figure, axes[0])
    return figure


def _jitter(scenario: Rates) -> Any:
    figure, (axis,) = _panels(1)
    for name, errors_us in scenario.period_errors_us.items():
        if errors_us:
            _cumulative(axis, np.abs(np.concatenate(errors_us)), name)
    _log_scale(axis, 'microseconds')
    axis.set_xlim(left=1.0)
    axis.set_title('jitter at 1 kHz: how far a period is from 1 ms', fontsize=9)
    axis.set_ylabel('share of outputs')
    _legend_below(figure, axis)
    return figure


def _rates(scenario: Rates) -> Any:
    figure, (cpu, missed) = _panels(2)
    for name in ('hand', 'ours', 'tuned'):
        rates_hz = [rate for rate in scenario.rates_hz if scenario.median(rate, name)]
        medians = [scenario.median(rate, name) for rate in rates_hz]
        style: Dict[str, Any] = {
            'color': COLOURS[name], 'label': LABELS[name], 'marker': 'o', 'markersize': 4}
        cpu.plot(rates_hz, [median['cpu_percent'] for median in medians], **style)
        missed.plot(rates_hz, [median['missed_percent'] for median in medians], **style)
    missed.axhline(1.0, color='#cccccc', linewidth=1, zorder=0)
    missed.set_yscale('symlog', linthresh=0.1)
    missed.set_ylim(bottom=0.0)
    for axis, text in ((cpu, 'CPU, percent of one core'), (missed, 'outputs missed, percent')):
        _log_scale(axis, 'rate in Hz')
        axis.set_title(text, fontsize=9)
    cpu.set_ylim(bottom=0.0)
    missed.yaxis.set_major_formatter(_PLAIN)
    _legend_below(figure, cpu)
    return figure


def _soak(scenario: Soak) -> Any:
    figure, (memory, late) = _panels(2)
    memory.plot(
        [time_s / 60 for time_s, _ in scenario.memory_mib],
        [mib for _, mib in scenario.memory_mib], color=COLOURS['ours'])
    memory.set_ylim(0, 1.2 * max(mib for _, mib in scenario.memory_mib))
    memory.set_title('memory (RSS), MiB', fontsize=9)
    late.plot(
        [second / 60 for second, _ in scenario.lateness_us],
        [us for _, us in scenario.lateness_us], color=COLOURS['ours'], linewidth=0.7)
    late.set_ylim(bottom=0)
    late.set_title('latest output of each second, microseconds', fontsize=9)
    for axis in (memory, late):
        axis.set_xlabel('minutes')
    return figure


def _log_scale(axis: Any, label: str) -> None:
    axis.set_xscale('log')
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.xaxis.set_major_formatter(_PLAIN)
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel(label, fontsize=8)


def _legend_below(figure: Any, axis: Any) -> None:
    figure.legend(
        *axis.get_legend_handles_labels(), loc='outside lower center', ncols=4, fontsize=8,
        frameon=False)


def _panels(count: int) -> Any:
    figure, axes = pyplot.subplots(
        1, count, figsize=(max(4.8, 3.4 * count), 3.1), squeeze=False, layout='constrained')
    for axis in axes[0]:
        axis.spines[['top', 'right']].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.grid(color='#eeeeee')
        axis.set_axisbelow(True)
    return figure, list(axes[0])


def _cumulative(axis: Any, samples: Any, name: str) -> None:
    if len(samples):
        shares = np.linspace(0.0, _SHOWN, min(_POINTS, len(samples)))
        axis.plot(
            np.quantile(samples, shares), shares, color=COLOURS[name], label=LABELS[name])


def _save(figure: Any, file: Path) -> Path:
    figure.savefig(file, dpi=_DPI)
    pyplot.close(figure)
    return file
