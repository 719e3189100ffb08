# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The simulated robot of the demo, as a process."""

from threading import Event

from dg_pytorch_ros.stop_signals import on_stop_signal


def main() -> None:
    """Simulate until SIGINT or SIGTERM."""
    stop = Event()
    on_stop_signal(stop.set)
    # Only now: what ROS brings along starts threads, which must find the signals blocked.
    from dg_pytorch_ros.demo.simulation import simulate
    simulate(stop)


if __name__ == '__main__':
    main()
