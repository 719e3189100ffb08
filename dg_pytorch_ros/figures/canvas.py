# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An empty picture in the style that all of them share, and its way into a file."""

from pathlib import Path
from typing import Any, List, Tuple, Union

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import PytorchRosError

BLUE = '#2f6fb0'
RED = '#c44e52'
GREEN = '#55a868'
YELLOW = '#c9b458'
GREY = '#8c8c8c'
# In this order for lines that are compared.
COLOURS = (BLUE, RED, GREEN, YELLOW, '#8172b2', '#64b5cd', GREY)
SUFFIXES = ('.png', '.svg', '.pdf')

_DPI = 110
_PANEL_WIDTH = 3.4
_PANEL_HEIGHT = 3.1
_LEAST_WIDTH = 4.8
_STYLE = {
    'axes.axisbelow': True, 'axes.grid': True, 'axes.labelsize': 8, 'axes.spines.right': False,
    'axes.spines.top': False, 'axes.titlesize': 9, 'font.size': 8, 'grid.color': '#eeeeee',
    'legend.fontsize': 8, 'legend.frameon': False, 'lines.linewidth': 1.2,
    'svg.hashsalt': 'dg_pytorch_ros', 'xtick.labelsize': 8, 'ytick.labelsize': 8}


def check_picture(path: Union[str, Path]) -> None:
    """Raise PytorchRosError if no picture can be drawn into such a file; ask before long work."""
    _require_matplotlib()
    file = Path(path)
    if file.suffix.lower() not in SUFFIXES:
        raise PytorchRosError(
            f'the picture {file} has the suffix {file.suffix!r}; allowed: {enumeration(SUFFIXES)}')
    if not file.absolute().parent.is_dir():
        raise PytorchRosError(
            f'the folder {file.absolute().parent} of the picture does not exist; create it first')
    if file.is_dir():
        raise PytorchRosError(f'the picture {file} is a folder; give a file')


def style() -> Any:
    """Return a context in which titles, legends and what else is drawn have the common style."""
    from matplotlib import rc_context
    return rc_context(_STYLE)


def panels(
    columns: int = 1, rows: int = 1, *, width: float = 0.0, height: float = 0.0
) -> Tuple[Any, List[Any]]:
    """
    Return a new figure and its axes, row by row; raise PytorchRosError without matplotlib.

    Width and height are those of the whole figure in inches; left out, they follow from the
    number of panels.
    """
    _require_matplotlib()
    from matplotlib.figure import Figure
    size = (
        width or max(_LEAST_WIDTH, _PANEL_WIDTH * columns), height or _PANEL_HEIGHT * rows)
    with style():
        # Not from pyplot, which looks for a display and keeps every figure for ever.
        figure = Figure(figsize=size, dpi=_DPI, layout='constrained')
        axes = figure.subplots(rows, columns, squeeze=False)
    return figure, list(axes.flat)


def log_scale(axis: Any, which: str = 'x') -> None:
    """Make an axis, `x` or `y`, logarithmic, with plain numbers at 1, 2, 5, 10 and so on."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
    getattr(axis, f'set_{which}scale')('log')
    ticks = getattr(axis, f'{which}axis')
    ticks.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ticks.set_major_formatter(FuncFormatter(lambda value, position: f'{value:g}'))
    ticks.set_minor_formatter(NullFormatter())


def legend_below(figure: Any, axis: Any, columns: int = 4) -> None:
    """Put the legend of an axis below the whole figure."""
    with style():
        # Below the canvas, which `save` widens: older releases know no place outside the axes.
        figure.legend(
            *axis.get_legend_handles_labels(), loc='upper center', bbox_to_anchor=(0.5, 0.0),
            ncols=columns)


def save(figure: Any, path: Union[str, Path]) -> Path:
    """Write a figure into a file of one of SUFFIXES; return the file."""
    check_picture(path)
    file = Path(path)
    # Without a date, the same figure is the same file.
    metadata = {'.svg': {'Date': None}, '.pdf': {'CreationDate': None}}.get(file.suffix.lower())
    try:
        with style():
            figure.savefig(file, metadata=metadata, bbox_inches='tight')
    except OSError as error:
        raise PytorchRosError(f'cannot write the picture {file}: {error.strerror}') from error
    return file


def _require_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise PytorchRosError(
            f'pictures need matplotlib, which cannot be imported ({error}); install it with '
            'pip install "dg_pytorch_ros[plot]", or as the rosdep key python3-matplotlib'
        ) from error
