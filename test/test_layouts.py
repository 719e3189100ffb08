# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The layouts of PlotJuggler and Foxglove show what a running demo publishes."""

import json
from pathlib import Path
import re
from typing import Any, Callable, Dict, Iterator, List
from xml.etree import ElementTree

from demo_process import DemoProcess, INSTALLED, PACKAGE
from diagnostic_msgs.msg import DiagnosticArray
import pytest
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Float64, Float64MultiArray

FOLDER = INSTALLED / 'share' / PACKAGE / 'config'
CONTROLLER = 'pd_controller'
KINDS = {
    'std_msgs/msg/Float64': Float64, 'std_msgs/msg/Float64MultiArray': Float64MultiArray,
    'diagnostic_msgs/msg/DiagnosticArray': DiagnosticArray}
DIAGNOSTIC = re.compile(
    r'/diagnostics\.status\[:\]\{name=="(\w+)"\}\.values\[:\]\{key=="([^"]+)"\}\.value')


@pytest.fixture
def plotjuggler() -> ElementTree.Element:
    return ElementTree.parse(FOLDER / 'plotjuggler_layout.xml').getroot()


@pytest.fixture
def foxglove() -> Any:
    return json.loads((FOLDER / 'foxglove_layout.json').read_text(encoding='utf-8'))


def curves_of_plotjuggler(layout: ElementTree.Element) -> List[str]:
    return [curve.attrib['name'] for curve in layout.iter('curve')]


def curves_of_foxglove(layout: Any) -> List[str]:
    """Return the paths of all plots, written as PlotJuggler does."""
    paths = [
        path['value'] for name, panel in layout['configById'].items() if name.startswith('Plot!')
        for path in panel['paths']]
    return [DIAGNOSTIC.sub(r'/diagnostics/\1/\2', path).replace('.', '/') for path in paths]


def topics_of(curves: List[str]) -> List[str]:
    return sorted({
        '/diagnostics' if curve.startswith('/diagnostics/') else curve.rpartition('/')[0]
        for curve in curves})


class Heard:
    """What a running demo publishes: the newest message of each topic, as named numbers."""

    def __init__(self, peer: Any, topics: List[str]) -> None:
        kinds = peer.wait_until(lambda: self._kinds(peer, topics), f'publishers of {topics}')
        heard = {
            topic: peer.listen(topic, KINDS[kind], qos_profile_sensor_data)
            for topic, kind in kinds.items()}
        # Ages and durations stand in the status of a node at work only.
        peer.wait_until(
            lambda: all(heard.values()) and 'age_ms: sin_position' in self._numbers_of(
                heard['/diagnostics'][-1], ''), 'messages')
        self.names = {
            name for topic, messages in heard.items()
            for name in self._numbers_of(messages[-1], topic + '/')}
        self.hardware = {status.hardware_id for status in heard['/diagnostics'][-1].status}

    @staticmethod
    def _kinds(peer: Any, topics: List[str]) -> Dict[str, str]:
        published = dict(peer.node.get_topic_names_and_types())
        found = {topic: published[topic][0] for topic in topics if topic in published}
        return found if len(found) == len(topics) else {}

    @staticmethod
    def _numbers_of(message: Any, prefix: str) -> 'set[str]':
        if isinstance(message, Float64):
            return {prefix + 'data'}
        if isinstance(message, Float64MultiArray):
            return {f'{prefix}data[{index}]' for index in range(len(message.data))}
        statuses = [status for status in message.status if status.name == CONTROLLER]
        start = f'{prefix}{CONTROLLER}/' if prefix else ''
        return {f'{start}level' for _ in statuses} | {
            start + item.key for status in statuses for item in status.values
            if re.fullmatch(r'-?[\d.]+', item.value)}


@pytest.fixture
def demo(domain: int, tmp_path: Path) -> Iterator[DemoProcess]:
    one = DemoProcess(tmp_path, domain, '--seconds', '60', '--no-picture')
    yield one
    one.close()


def test_layouts_show_what_the_demo_publishes(
    demo: DemoProcess, peer: Any, plotjuggler: ElementTree.Element, foxglove: Any
) -> None:
    both = [*curves_of_plotjuggler(plotjuggler), *curves_of_foxglove(foxglove)]
    heard = Heard(peer, topics_of(both))
    assert [curve for curve in both if curve not in heard.names] == []
    assert foxglove['configById']['DiagnosticStatusPanel!status']['selectedHardwareId'] in (
        heard.hardware)


@pytest.mark.parametrize('curves', [curves_of_plotjuggler, curves_of_foxglove])
def test_layouts_show_all_joints(
    curves: Callable[[Any], List[str]], plotjuggler: ElementTree.Element, foxglove: Any
) -> None:
    shown = curves(plotjuggler if curves is curves_of_plotjuggler else foxglove)
    for topic in ('/sin_position', '/sin_des_position', '/sout_torque'):
        assert [name for name in shown if name.startswith(topic + '/')] == [
            f'{topic}/data[{joint}]' for joint in range(6)]


def test_layouts_name_the_controller_of_the_example(foxglove: Any) -> None:
    assert (FOLDER / f'{CONTROLLER}.yaml').is_file()
    status = foxglove['configById']['DiagnosticStatusPanel!status']
    assert status['selectedName'] == CONTROLLER
    assert {
        panel['topicToRender'] for name, panel in foxglove['configById'].items()
        if name.startswith('Diagnostic')} == {'/diagnostics'}


def test_plotjuggler_subscribes_to_what_it_shows(plotjuggler: ElementTree.Element) -> None:
    (streamer,) = plotjuggler.findall('previouslyLoaded_Streamer')
    (plugin,) = plotjuggler.findall('Plugins/plugin')
    assert streamer.attrib['name'] == plugin.attrib['ID'] == 'ROS2 Topic Subscriber'
    settings = {setting.tag: setting.attrib['value'] for setting in plugin}
    assert settings['selected_topics'].split(';') == topics_of(curves_of_plotjuggler(plotjuggler))
    assert int(settings['max_array_size']) >= 6


def test_plotjuggler_splits_into_as_many_parts_as_it_says(
    plotjuggler: ElementTree.Element
) -> None:
    splitters = list(plotjuggler.iter('DockSplitter'))
    assert splitters
    for splitter in splitters:
        sizes = [float(size) for size in splitter.attrib['sizes'].split(';')]
        assert int(splitter.attrib['count']) == len(splitter) == len(sizes)
        assert sum(sizes) == pytest.approx(1.0, abs=0.01)
        assert splitter.attrib['orientation'] in ('|', '-')
    for area in plotjuggler.iter('DockArea'):
        assert [part.tag for part in area] == ['plot']


def test_foxglove_arranges_every_panel_once(foxglove: Any) -> None:
    def panels(part: Any) -> Iterator[str]:
        if isinstance(part, str):
            yield part
        else:
            assert part['direction'] in ('row', 'column')
            yield from panels(part['first'])
            yield from panels(part['second'])
    assert sorted(panels(foxglove['layout'])) == sorted(foxglove['configById'])


def test_layouts_have_no_curve_twice_in_a_plot(
    plotjuggler: ElementTree.Element, foxglove: Any
) -> None:
    plots = [
        [curve.attrib['name'] for curve in plot.iter('curve')]
        for plot in plotjuggler.iter('plot')]
    plots += [
        [path['value'] for path in panel.get('paths', ())]
        for panel in foxglove['configById'].values()]
    assert [plot for plot in plots if len(set(plot)) < len(plot)] == []


@pytest.mark.parametrize('name', ['plotjuggler_layout.xml', 'foxglove_layout.json'])
def test_only_four_names_are_those_of_the_example(name: str) -> None:
    text = (FOLDER / name).read_text(encoding='utf-8')
    for given in ('pd_controller', 'sin_position', 'sin_des_position', 'sout_torque'):
        assert given in text
        text = text.replace(given, '')
    assert re.findall(r'\b(?:sin|sout)_\w+', text) == []
