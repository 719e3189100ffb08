# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from glob import glob

from setuptools import find_packages
from setuptools import setup

package_name = 'dg_pytorch_ros'
share = 'share/' + package_name


def ros_wheels(distro):
    return [
        f'ros-{distro}-{name}' for name in (
            'common-interfaces', 'diagnostic-msgs', 'lifecycle-msgs', 'rclpy[fastrtps]',
            'rosgraph-msgs', 'std-msgs', 'std-srvs')]


setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(exclude=['benchmark', 'soak', 'test']),
    package_data={package_name: ['py.typed']},
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + package_name]),
        (share, ['package.xml']),
        (share + '/launch', glob('launch/*.launch.py')),
        (share + '/config', sorted(glob('config/*.*'))),
        (share + '/models', glob('models/*.pt')),
    ],
    python_requires='>=3.10',
    install_requires=['numpy', 'pyyaml', 'setuptools', 'torch>=2.1'],
    extras_require={
        'benchmark': ['matplotlib', 'onnx', 'onnxruntime', 'onnxscript', 'pillow', 'psutil'],
        'convert': ['onnx', 'onnxscript', 'onnxruntime'],
        'image': ['pillow'],
        'jazzy': ros_wheels('jazzy'),
        'kilted': ros_wheels('kilted'),
        'onnx': ['onnxruntime'],
        'plot': ['matplotlib'],
        'replay': ['rosbags>=0.11,<0.12'],
        'test': [
            'flake8', 'flake8-blind-except', 'flake8-builtins', 'flake8-class-newline',
            'flake8-comprehensions', 'flake8-deprecated', 'flake8-docstrings',
            'flake8-import-order', 'flake8-quotes', 'hypothesis', 'matplotlib', 'mypy', 'onnx',
            'onnxruntime', 'onnxscript', 'pillow', 'psutil', 'pydocstyle', 'pytest',
            'pytest-rerunfailures', 'pytest-xdist', 'rosbags>=0.11,<0.12'],
    },
    zip_safe=True,
    maintainer='dg_pytorch_ros maintainers',
    maintainer_email='maintainers@users.noreply.b-seed-e3b999a7.example',
    author='dg_pytorch_ros contributors, Julian Viereck',
    description='Turn a TorchScript, .pt2 or ONNX model into a ROS 2 lifecycle node with one '
                'YAML file.',
    license='BSD-3-Clause',
    entry_points={
        'console_scripts': [
            'pytorch_demo = dg_pytorch_ros.demo.main:main',
            'pytorch_model = dg_pytorch_ros.tools.main:main',
            'pytorch_node = dg_pytorch_ros.main:main',
        ],
    },
)
