"""An executor's map of calls that do nothing, with two workers: microseconds for each."""

import time

from common import arguments, report


def nothing(number):
    return number


def joblib_map(count):
    from joblib import Parallel, delayed

    with Parallel(n_jobs=2) as parallel:
        parallel(delayed(nothing)(n) for n in range(10))
        begun = time.perf_counter()
        results = parallel(delayed(nothing)(n) for n in range(count))
        return results, time.perf_counter() - begun


def dask_map(count):
    import dask

    def compute(tasks):
        return list(dask.compute(*[dask.delayed(nothing)(n) for n in range(tasks)], scheduler="processes", num_workers=2))

    compute(10)
    begun = time.perf_counter()
    return compute(count), time.perf_counter() - begun


def pool_map(count):
    from multiprocessing import Pool

    with Pool(2) as pool:
        pool.map(nothing, range(10))
        begun = time.perf_counter()
        return pool.map(nothing, range(count), chunksize=1), time.perf_counter() - begun


def submit(count, kind):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as executor:
        list(executor.map(nothing, range(10)))
        begun = time.perf_counter()
        futures = [executor.submit(nothing, n) for n in range(count)]
        return [future.result() for future in futures], time.perf_counter() - begun


def executor_map(count, kind):
    import concurrent.futures

    with getattr(concurrent.futures, kind)(2) as executor:
        list(executor.map(nothing, range(10)))
        begun = time.perf_counter()
        return list(executor.map(nothing, range(count))), time.perf_counter() - begun


def main():
    options = arguments(kind="ProcessPoolExecutor", n=5000)
    count, kind = options["n"], options["kind"]
    special = {"joblib": joblib_map, "dask": dask_map, "Pool": pool_map}
    if kind in special:
        results, took = special[kind](count)
    elif kind == "submit":
        results, took = submit(count, kind)
    else:
        results, took = executor_map(count, kind)
    assert results == list(range(count))
    report(value=took / count * 1e6)


if __name__ == "__main__":
    main()
