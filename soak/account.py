# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the soak found, as text and as JSON."""

from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any, Dict, List

from soak.life import Life


@dataclass
class Recoveries:
    """How often one fault came, and how long the node needed afterwards."""

    count: int = 0
    seconds: List[float] = field(default_factory=list)


@dataclass
class Account:
    """All that there is to say."""

    seed: int
    minutes: float
    machine: Dict[str, Any]
    ran_s: float = 0.0
    is_interrupted: bool = False
    recoveries: Dict[str, Recoveries] = field(default_factory=dict)
    figures: Dict[str, Any] = field(default_factory=dict)
    complaints: List[str] = field(default_factory=list)
    lives: List[Life] = field(default_factory=list)

    @property
    def all_complaints(self) -> List[str]:
        """Everything that is wrong."""
        grown = [text for life in self.lives for text in life.complaints()]
        return [*self.complaints, *grown]

    def note(self, fault: str, recovery_s: 'float | None') -> None:
        """Take a fault over."""
        recoveries = self.recoveries.setdefault(fault, Recoveries())
        recoveries.count += 1
        if recovery_s is not None:
            recoveries.seconds.append(recovery_s)

    def as_dict(self) -> Dict[str, Any]:
        """Return what goes into the JSON file."""
        return {
            'passed': not self.all_complaints, 'is_interrupted': self.is_interrupted,
            'seed': self.seed, 'minutes': self.minutes, 'ran_s': round(self.ran_s, 1),
            'machine': self.machine, **self.figures,
            'faults': {
                name: {'count': one.count, 'recovered': len(one.seconds),
                       'slowest_recovery_s': round(max(one.seconds, default=0.0), 2)}
                for name, one in sorted(self.recoveries.items())},
            'lives': [life.as_dict() for life in self.lives],
            'complaints': self.all_complaints}

    def lines(self) -> List[str]:
        """Write what a reader wants to know first."""
        heard = self.figures.get('heard', {})
        lines = [
            f'{self.ran_s / 60:.1f} minutes, seed {self.seed}: '
            f'{heard.get("outputs", 0)} outputs and {heard.get("fallbacks", 0)} fallbacks '
            f'compared, {heard.get("lost", 0)} not heard; one message drove at most '
            f'{heard.get("most repetitions", 0)} outputs', '',
            f'{"fault":22s}{"times":>7s}{"recovered":>11s}{"slowest":>10s}']
        for name, one in sorted(self.recoveries.items()):
            lines.append(
                f'{name:22s}{one.count:7d}{len(one.seconds):11d}'
                f'{max(one.seconds, default=0.0):8.2f} s')
        lines += ['', *(
            f'process {number + 1}: {life.begin_mib:.1f} -> {life.end_mib:.1f} MiB, '
            f'{life.begin_threads} -> {life.end_threads} threads in '
            f'{life.end_s - life.begin_s:.0f} s' for number, life in enumerate(self.lives))]
        complaints = self.all_complaints
        lines += ['', *(f'FAILED: {text}' for text in complaints[:20])]
        lines.append('FAILED' if complaints else 'passed: nothing was wrong')
        return lines

    def write(self, folder: Path) -> List[Path]:
        """Write both files; return their names."""
        json_file, text_file = folder / 'soak.json', folder / 'soak.txt'
        json_file.write_text(json.dumps(self.as_dict(), indent=2) + '\n')
        text_file.write_text('\n'.join(self.lines()) + '\n')
        return [json_file, text_file]
