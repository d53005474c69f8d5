"""How functions on arrays become machine code.

Numba notices a change of the file that a function is in, not of those that its callees are in. So
compiled functions only call those of their own file, else old machine code would go on running.
"""

import warnings
from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile when first called, for the types it is called with, and keep the machine code.

    It runs without Python's global lock. The machine code is kept beside the function's file, else
    in the user's cache; `NUMBA_CACHE_DIR` names another folder.
    """
    try:
        result = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError as error:  # numba found no folder that it may write into
        warnings.warn(
            f"every process compiles anew: {error}; set NUMBA_CACHE_DIR", RuntimeWarning, 2
        )
        result = njit(nogil=True, error_model="numpy")(function)
    return cast(Function, result)
