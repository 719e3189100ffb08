# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Members of archives are read by their paths within torch's folder; lies are refused."""

import io
from typing import Dict
import zipfile

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.errors import ModelFileError
from hypothesis import given, settings, strategies
import pytest


def zipped(members: Dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w', compression) as archive:
        for path, content in members.items():
            archive.writestr(path, content)
    return stream.getvalue()


@pytest.mark.parametrize('version', ['version', '.data/version'])
def test_folder_that_torch_puts_around_everything_is_left_out(version: str) -> None:
    archive = Archive(zipped({'data/data/x': b'one', f'data/{version}': b'3', 'readme': b''}))
    assert archive.root == 'data/'
    assert archive.read('data/x') == b'one'
    assert 'readme' in archive and 'data/data/x' not in archive


def test_archive_of_others_keeps_its_folders() -> None:
    archive = Archive(zipped({'version': b'8.2', 'models/model.json': b'{}'}))
    assert archive.root == ''
    assert archive.paths == ('version', 'models/model.json')
    assert archive.below('models/') == ('models/model.json',)
    assert archive.size('models/model.json') == 2


def test_empty_archive_has_no_members() -> None:
    assert Archive(zipped({})).paths == ()


def test_missing_member_is_an_error() -> None:
    with pytest.raises(ModelFileError, match='holds no data.pkl'):
        Archive(zipped({'a': b''})).read('data.pkl')


def test_member_that_unpacks_to_far_more_than_the_file_has_is_not_read() -> None:
    archive = Archive(zipped({'bomb': bytes(20 * 2**20)}, zipfile.ZIP_DEFLATED))
    with pytest.raises(ModelFileError, match=r'bomb to 20971520 bytes\); it is not read'):
        archive.read('bomb')


def test_many_members_may_not_unpack_to_far_more_together_either() -> None:
    archive = Archive(zipped({str(index): bytes(2**20) for index in range(20)}, 8))
    with pytest.raises(ModelFileError, match='it is not read'):
        for path in archive.paths:
            archive.read(path)


def test_member_that_has_changed_is_refused() -> None:
    content = zipped({'a': b'one two three'})
    with pytest.raises(ModelFileError, match='holds a, which is broken: Bad CRC'):
        Archive(content.replace(b'two', b'too', 1)).read('a')


@settings(max_examples=60)
@given(strategies.data())
def test_whatever_is_changed_in_an_archive_it_is_read_or_refused(
    changes: strategies.DataObject
) -> None:
    content = bytearray(zipped({'model/version': b'3', 'model/data.pkl': b'x' * 50}, 8))
    for _ in range(changes.draw(strategies.integers(1, 6))):
        position = changes.draw(strategies.integers(0, len(content) - 1))
        content[position] = changes.draw(strategies.integers(0, 255))
    try:
        archive = Archive(bytes(content))
        for path in archive.paths:
            archive.read(path)
    except ModelFileError as error:
        assert '\n' not in str(error)
