# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whatever happens in whatever order, a tick publishes what the settings say, and no other."""

import math
from typing import Any, Dict, Optional

from dg_pytorch_ros.errors import EvaluationError
from evaluation_rig import FALLBACKS, MS_NS, Rig
from hypothesis import given, settings, strategies
import numpy as np

AGES_MS = {'x': 100, 'y': 60, 'enable': 150}
DEADLINE_MS = 50
REACTIONS = ['skip', 'hold', 'fallback', 'deactivate']

numbers = strategies.sampled_from([0.0, -2.5, 1e300, math.nan, math.inf, -math.inf])
good_numbers = strategies.sampled_from([1.0, 2.0, 3.0])
models = strategies.sampled_from(['good', 'nan', 'wide', 'failing', 'broken', 'slow'])


def event(name: str, *arguments: Any) -> Any:
    return strategies.tuples(strategies.just(name), *arguments)


# The good ones are there twice, so that there is something to fail.
events = strategies.one_of(
    event('send', good_numbers, good_numbers), event('send', good_numbers, good_numbers),
    event('send', numbers, good_numbers),
    event('send_one', strategies.sampled_from('xy'), numbers),
    event('enable', strategies.just(True)), event('enable', strategies.booleans()),
    event('wait', strategies.sampled_from([1, 30, 70, 200])),
    event('run_a', models), event('run_a', strategies.just('good')),
    event('encode_nothing', strategies.booleans()),
    event('encode_nothing', strategies.just(False)),
    event('begin'), event('reset'))
policies = strategies.fixed_dictionaries({
    'on_stale': strategies.sampled_from(REACTIONS),
    'on_nonfinite': strategies.sampled_from(REACTIONS),
    'on_error': strategies.sampled_from(REACTIONS),
    'on_overrun': strategies.sampled_from(['publish', *REACTIONS]),
    'max_failures': strategies.sampled_from([0, 2])})


class History:
    """What has happened to an evaluation, and what must come of it."""

    def __init__(self, policy: Dict[str, Any], *, is_guarded: bool) -> None:
        guard = {'enable_topic': 'enable', 'enable_max_age_ms': AGES_MS['enable']}
        self.rig = Rig(**{
            'x_max_age_ms': AGES_MS['x'], 'y_max_age_ms': AGES_MS['y'], 'has_fallbacks': True,
            'fed_back': True, 'deadline_ms': DEADLINE_MS, **(guard if is_guarded else {}),
            **policy})
        self._policy = policy
        self._is_guarded = is_guarded
        self._model = 'good'
        self.begin()

    def begin(self) -> None:
        self.rig.begin()
        self._values: Dict[str, Optional[float]] = dict.fromkeys(AGES_MS)
        self._since_ns = dict.fromkeys(AGES_MS, self.rig.time.now_ns)
        self._last_good: Any = None
        self._has_acted = False
        self._has_left = False
        self._failures = 0
        self._forget()

    def reset(self) -> None:
        self.rig.evaluation.reset()
        self._forget()

    def send(self, x: float, y: float) -> None:
        self.send_one('x', x)
        self.send_one('y', y)

    def send_one(self, name: str, number: Any) -> None:
        getattr(self.rig, name).put([number])
        self._values[name] = number
        self._since_ns[name] = self.rig.time.now_ns

    def enable(self, is_enabled: bool) -> None:
        self.send_one('enable', is_enabled)

    def wait(self, milliseconds: int) -> None:
        self.rig.time.pass_ms(milliseconds)

    def encode_nothing(self, cannot_encode: bool) -> None:
        self.rig.outboxes[1].cannot_encode = cannot_encode

    def run_a(self, kind: str) -> None:
        """Have the model be of another kind."""
        model, self._model = self.rig.model, kind
        model.gives = {
            'nan': [np.ones(1), np.array([np.nan])], 'wide': [np.ones(1), np.ones(2)]}.get(kind)
        model.raises = {
            'failing': EvaluationError('no'), 'broken': ZeroDivisionError('no')}.get(kind)
        model.takes_ms = DEADLINE_MS + 10 if kind == 'slow' else 1.0

    def tick(self) -> None:
        """Tick, and compare what comes of it with what must."""
        expected = self._expect()
        assert self.rig.tick_publishes() == expected
        assert self.rig.model.memory == self._memory
        assert self.rig.fed_back == self._fed_back

    def _forget(self) -> None:
        self._memory = 0
        self._fed_back = [[0.5], [0.5]]

    def _expect(self) -> Any:
        trouble = self._trouble_before() or self._trouble_of_run()
        if trouble == 'incomplete':
            return None
        outputs = None
        if trouble in ('', 'on_overrun'):
            outputs = [[2 * self._values['x']], [2 * self._values['y']]]  # type: ignore[operator]
            self._memory += 1
            self._fed_back = outputs
        reaction = self._reaction(trouble)
        if self._has_left:
            return None
        if reaction == 'publish':
            self._failures = 0
            self._last_good = outputs
            self._has_acted = True
        if reaction == 'fallback':
            self._last_good = FALLBACKS
        self._has_left = reaction == 'deactivate'
        return {
            'publish': outputs, 'skip': None, 'hold': self._last_good, 'fallback': FALLBACKS,
            'deactivate': FALLBACKS}[reaction]

    def _trouble_before(self) -> str:
        """Return what keeps the model from being run; nothing if nothing does."""
        x, y, enable = self._values.values()
        if self._is_guarded and (not enable or self._is_old('enable')):
            return 'disabled'
        for name in 'xy':
            if self._is_old(name):
                return 'on_stale' if self._has_acted else 'awaited'
        if x is None or y is None:
            return 'incomplete'
        return '' if math.isfinite(x) and math.isfinite(y) else 'on_nonfinite'

    def _trouble_of_run(self) -> str:
        if self._model == 'nan':
            return 'on_nonfinite'
        if self._model in ('wide', 'failing', 'broken') or self.rig.outboxes[1].cannot_encode:
            return 'on_error'
        return 'on_overrun' if self._model == 'slow' else ''

    def _reaction(self, trouble: str) -> str:
        if trouble == 'awaited':
            on_stale = str(self._policy['on_stale'])
            return 'skip' if on_stale == 'deactivate' else on_stale
        if trouble == 'on_error':
            self._failures += 1
            if 0 < self._policy['max_failures'] <= self._failures:
                return 'deactivate'
        return str({'': 'publish', 'disabled': 'fallback', **self._policy}[trouble])

    def _is_old(self, name: str) -> bool:
        return self.rig.time.now_ns - self._since_ns[name] > AGES_MS[name] * MS_NS


@settings(max_examples=300)
@given(strategies.lists(events, min_size=3, max_size=30), policies, strategies.booleans())
def test_each_tick_publishes_fresh_outputs_or_what_the_reaction_asks_for(
        happenings: Any, policy: Any, is_guarded: bool) -> None:
    history = History(policy, is_guarded=is_guarded)
    history.enable(True)
    for name, *arguments in happenings:
        getattr(history, name)(*arguments)
        history.tick()
    for messages in history.rig.published:
        assert np.isfinite(messages).all()
