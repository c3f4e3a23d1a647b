"""What moves in a live notebook, and the still picture that stands for it on a page.

A page is static and loads no widget manager, so a widget in one would be a dead box. Who runs the notebook decides:
before a reader there are sliders, in a build or a test there is the figure that they would begin with.
"""

import inspect
import os
import sys
from collections.abc import Callable


def sliders(draw: Callable[..., None], **ranges) -> None:
    """Show what `draw` shows, in a live notebook under a slider for each of its arguments.

    Args:
        draw: shows one figure, `show(figure, alt=...)`, from keyword arguments that all have defaults: the defaults are
            where the sliders begin, and the one picture of a built page.
        **ranges: for each argument of `draw` what ipywidgets makes a control of: (low, high, step) for a slider, a list
            for a menu, True or False for a box to tick.

    Raises:
        TypeError: an argument of `draw` has no range or no default, in a live notebook or not.
    """
    arguments = inspect.signature(draw).parameters
    if set(arguments) != set(ranges) or any(a.default is a.empty for a in arguments.values()):
        raise TypeError(
            f"draw takes {inspect.signature(draw)}, and there are ranges for {', '.join(ranges)}; expected a range and a default for each argument."
        )
    if not live():
        draw()
        return
    import ipywidgets
    from IPython.display import display

    panel = ipywidgets.interactive(draw, **ranges)
    for control in panel.children[:-1]:  # the last is where the figure goes
        control.description = control.description.replace("_", " ")
        control.style.description_width = "9em"
        if hasattr(control, "continuous_update"):
            control.continuous_update = False  # draw where a slider is let go, not all along its way
    display(panel)


def live() -> bool:
    """Whether this notebook runs before a reader, in Jupyter, Colab or VS Code: not in a build, a test or a script.

    A Jupyter server names its kernels' sessions in the environment, VS Code the file in the notebook's own variables,
    and Colab brings its module; what executes notebooks for a page or a test does none of these.
    """
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and bool(
        os.environ.get("JPY_SESSION_NAME")
        or "google.colab" in sys.modules
        or "__vsc_ipynb_file__" in shell.user_ns
    )
