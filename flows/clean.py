"""The flow: one task a shard. Prefect schedules, retries and shows; what is done and what is not, receipts decide.

A task is a thread that hands its shard to the run's executor (own processes, or a Dask cluster) and waits: workers know
no Prefect, start no server, and a shard costs the server two state changes. A server that stops costs a run nothing but
its history there: the work goes on, and the dataset is published.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import Any

import httpx
import prefect
from prefect import flow, get_run_logger, runtime, tags, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.blocks.system import Secret
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TagsContext
from prefect.events.clients import PrefectEventsClient
from prefect.events.worker import EventsWorker
from prefect.futures import PrefectFuture
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, get_current_settings, temporary_settings
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import Task
from pydantic import BaseModel, ConfigDict, Field

from cleancopy import settings as configuration
from cleancopy.dataset.card import ranked
from cleancopy.dataset.layout import Layout
from cleancopy.dataset.receipts import Receipt
from cleancopy.errors import CleancopyError, ConfigurationError, TransientError
from cleancopy.readers import credentials
from cleancopy.runs import embedded
from cleancopy.runs.executors import Executor, make
from cleancopy.runs.pipeline import MAX_SLOTS, Run, Summary, open_run
from cleancopy.runs.plan import Shard
from cleancopy.shown import counted
from cleancopy.views.report import report_run

_artifacts = embedded.load_flow("artifacts")

DATABASE_SETTINGS = ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DATABASE_HOST")
"""Settings by which a user, in a profile or the environment, names the database of an embedded server."""
DRAIN_SECONDS = 10.0
"""For logs and events that the embedded server has not been told of when its run ends."""
PROGRESS_SECONDS = 2.0
"""Pause between updates of the progress artifact: each is a request to the server."""


class CleanParameters(BaseModel):
    """What a run or a deployment is given. Paths must mean the same wherever the work is done."""

    model_config = ConfigDict(extra="forbid")

    sources: list[str] = Field(min_length=1, description="Files, folders, globs or URLs.")
    out: str = Field(description="The dataset's folder.")
    config: str | None = Field(None, description="A TOML file with settings that differ from the defaults.")
    settings: dict[str, Any] = Field(default_factory=dict, description='Single settings, such as {"run.workers": 4}.')
    secrets: dict[str, str] = Field(
        default_factory=dict,
        description="Environment variable → the Secret block that holds its value, read as the run starts. "
        "${NAME} in a source stands for it as well.",
    )


outcome: ContextVar[list[Summary | CleancopyError] | None] = ContextVar("outcome", default=None)
"""Takes what became of a run that is driven from this process: a flow run gives back a state, if its server can."""

_open: dict[str, tuple[Run, Executor, dict[str, Shard]]] = {}
"""Runs that are being driven in this process: a task is given two short names, not the run itself."""


def _is_transient(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), TransientError)


@task(
    name="clean-shard",
    task_run_name="clean-{shard}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=_is_transient,
)
def clean_shard(run: str, shard: str) -> Receipt:
    """Have one shard cleaned. Its text never passes through here."""
    opened, executor, shards = _open[run]
    return opened.attempt(executor, shards[shard])


def run_name() -> str:
    """What is done to which dataset, and when: `clean-news-20240501-021500`."""
    parameters = runtime.flow_run.parameters["parameters"]
    out = parameters["out"] if isinstance(parameters, dict) else parameters.out
    what = runtime.flow_run.flow_name.split("-")[0]
    return f"{what}-{Path(out).name}-{runtime.flow_run.scheduled_start_time:%Y%m%d-%H%M%S}"


@flow(
    name="clean-articles",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=MAX_SLOTS),
    persist_result=False,
)
def clean_articles(parameters: CleanParameters) -> State[Any]:
    """Clean sources into a dataset: only what is new, changed or stale is done."""
    return clean(parameters)


def clean(parameters: CleanParameters) -> State[Any]:
    """The body of every flow that cleans. Fails with RunAborted above a limit; nothing is published then."""
    collected = outcome.get()
    try:
        summary = _clean(parameters)
    except CleancopyError as error:
        if collected is not None:
            collected.append(error)
        raise
    if collected is not None:
        collected.append(summary)
    message = (
        f"{counted(summary.counts.articles, 'article')}, {summary.counts.rejected.total()} rejected, "
        f"{counted(summary.shards['cleaned'], 'shard')} cleaned, {len(summary.failures)} failed"
    )
    return Completed(name="CompletedWithFailures" if summary.failures else "Completed", message=message)


def _clean(parameters: CleanParameters) -> Summary:
    log = get_run_logger()
    # Events wait for a server that is away. By default each would try for 7 s, and a run could end only after them all.
    api = str(get_client(sync_client=True).api_url)
    EventsWorker.set_client_override(PrefectEventsClient, api_url=api, reconnection_attempts=1)
    loaded = configuration.load(Path(parameters.config) if parameters.config else None, parameters.settings)
    secrets = read_secrets(parameters.secrets)
    os.environ.update(secrets)  # a deployed run has a process of its own; workers inherit them
    sources = [_filled(source, secrets) for source in parameters.sources]
    for source in parameters.sources:
        if (said := credentials.without(source)) != source:
            log.warning("%s: its password or signature is among the parameters, which Prefect stores and shows", said)
    with open_run(sources, parameters.out, loaded) as run:
        others = "".join(f", {count:,} {name}" for name, count in run.summary.shards.items() if count)
        log.info("%s to clean%s", counted(len(run.todo), "shard"), others)
        for reason, count in ranked(run.summary.stale):
            log.info("%s to redo: %s", counted(count, "shard"), reason)
        run.tell()
        if run.todo:
            # Tags are the flow run's: for each tag of a task Prefect asks the server whether it may begin.
            with make(loaded) as executor, _progress_shown(run, log), TagsContext(current_tags=set()):
                run.take_census(executor)
                _drive(run, executor)
        receipts = [run.receipts[shard.id] for shard in run.todo if shard.id in run.receipts]
        summary = run.finish()
    page = report_run(Layout.at(summary.out), summary.run, log.warning)
    with _only_shown(log), TagsContext(current_tags=set()):
        _artifacts.publish(summary, parameters.sources, receipts, page)
    return summary


def read_secrets(names: Mapping[str, str]) -> dict[str, str]:
    """Environment variable → value of the Secret block of that name. Raises ConfigurationError where there is none."""
    values = {}
    for variable, block in names.items():
        try:
            values[variable] = str(Secret.load(block, _sync=True).get())
        except ValueError:
            raise ConfigurationError(
                f"secrets.{variable}: this Prefect server has no Secret block {block!r}; make one with "
                f"python -c \"from prefect.blocks.system import Secret; Secret(value='…').save('{block}')\""
            ) from None
    return values


def _filled(source: str, secrets: Mapping[str, str]) -> str:
    for name, value in secrets.items():
        source = source.replace(f"${{{name}}}", value)
    return source


@contextmanager
def _only_shown(log: logging.Logger | logging.LoggerAdapter[Any]) -> Iterator[None]:
    """Requests whose failure must not fail the run. Prefect's client has tried them for a minute by then."""
    try:
        yield
    except httpx.HTTPError as error:
        log.warning("the Prefect server does not answer, the run goes on without it: %s", error)


@contextmanager
def _progress_shown(run: Run, log: logging.Logger | logging.LoggerAdapter[Any]) -> Iterator[None]:
    """A progress artifact for the run that is driven inside, from a thread: no shard waits for the server."""
    artifact: Any = None
    with _only_shown(log):
        description = f"{counted(len(run.todo), 'shard')} into {run.layout.root}"
        artifact = create_progress_artifact(0.0, key="clean-progress", description=description)
    ended = threading.Event()

    def show() -> None:
        while artifact is not None:
            last = ended.wait(PROGRESS_SECONDS)
            progress = run.progress()
            with suppress(httpx.HTTPError):
                update_progress_artifact(artifact, progress=100 * progress.share)
            if last:
                break

    thread = threading.Thread(target=copy_context().run, args=(show,), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(PROGRESS_SECONDS)  # it needs longer only if the server is away


def _drive(run: Run, executor: Executor) -> None:
    name = run.summary.run
    shards = {shard.id: shard for shard in run.todo}
    pauses = [run.settings.run.retry_seconds * 2**number for number in range(run.settings.run.retries)]
    cleaner = clean_shard.with_options(retries=len(pauses), retry_delay_seconds=pauses or None)
    arrived: queue.SimpleQueue[PrefectFuture[Receipt]] = queue.SimpleQueue()
    waiting = iter(run.todo)
    flying: dict[Any, Shard] = {}
    _open[name] = (run, executor, shards)
    try:
        while True:
            while len(flying) < executor.slots and (shard := next(waiting, None)) is not None:
                future = cleaner.submit(name, shard.id)
                flying[future.task_run_id] = shard
                future.add_done_callback(arrived.put)
            if not flying:
                break
            future = arrived.get()
            run.done(flying.pop(future.task_run_id), _outcome(future))
    finally:
        del _open[name]


def _outcome(future: PrefectFuture[Receipt]) -> Receipt | CleancopyError:
    outcome: Any = future.result(raise_on_failure=False)
    if isinstance(outcome, Receipt | CleancopyError):
        return outcome
    raise outcome if isinstance(outcome, BaseException) else RuntimeError(f"a task gave back {outcome!r}")


def configured_server() -> str | None:
    """The server that runs are reported to; None means an embedded one."""
    url = get_current_settings().api.url
    return str(url) if url else None


@contextmanager
def serving(
    note: Callable[[str], None], meanwhile: Callable[[], object] = lambda: None
) -> Iterator[embedded.Server | None]:
    """While the block lasts, the settings name a server that answers: the configured one, or else an embedded one.

    `note` is told what is waited for where an embedded one is started, and `meanwhile` is done while it starts. The
    block is given the embedded one.

    Raises ConfigurationError if the configured one does not answer, or the embedded one cannot be started.
    """
    configured = configured_server()
    if configured is not None:
        if get_client(sync_client=True).api_healthcheck() is not None:
            raise ConfigurationError(
                f"PREFECT_API_URL = {configured}: no Prefect server answers; start it with `prefect server start`, "
                "unset the variable to use an embedded one, or run with --direct, which needs none"
            )
        meanwhile()
        yield None
        return
    chosen = get_current_settings().to_environment_variables(exclude_unset=True, include_secrets=True)
    stated = next((name for name in chosen if name in DATABASE_SETTINGS), None)
    with (
        embedded.serve(prefect.__version__, chosen, stated=stated, note=note, meanwhile=meanwhile) as server,
        temporary_settings({PREFECT_API_URL: server.url, PREFECT_HOME: str(server.folder)}),
    ):
        try:
            yield server
        finally:
            # What is still to be sent to the server must not look for it when it is gone.
            for worker in (APILogWorker, EventsWorker):
                worker.drain_all(timeout=DRAIN_SECONDS, at_exit=True)


def run_here(
    sources: Sequence[str],
    out: str,
    config: Path | None,
    overrides: Sequence[str],
    note: Callable[[str], None],
    meanwhile: Callable[[], object] = lambda: None,
) -> Summary:
    """The flow in this process, with relative paths as its caller means them. Raises what the run raises.

    `note` is told what is waited for, and if the server was lost on the way, which changes nothing else. `meanwhile` is
    done while an embedded server starts.
    Raises ConfigurationError if no server answers at the start, TransientError if it was lost before the work began.
    """
    parameters = CleanParameters(
        sources=[credentials.keep(source) if "://" in source else str(Path(source).absolute()) for source in sources],
        out=str(Layout.at(out).root),
        config=str(config.absolute()) if config else None,
        settings=configuration.keys(overrides),
    )
    collected: list[Summary | CleancopyError] = []
    token = outcome.set(collected)
    try:
        with serving(note, meanwhile), tags("cleancopy", "command-line"):
            clean_articles(parameters)
    except httpx.HTTPError as error:
        if not collected:
            raise TransientError(f"the Prefect server was lost ({error}); nothing is damaged: run again") from error
        note(f"the Prefect server was lost ({error}): what it shows of this run is not complete")
    finally:
        outcome.reset(token)
    (became,) = collected
    if isinstance(became, CleancopyError):
        raise became
    return became
