"""Sets up who is told of runs that went wrong: `python flows/alerts.py URL`, on the server of PREFECT_API_URL.

URL takes a POST of {"text": …}, as chat services do. Running it again replaces what it made before.
"""

from __future__ import annotations

import argparse
from contextlib import suppress
from datetime import timedelta

from prefect.automations import Automation
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.settings import get_current_settings

BAD = {f"prefect.flow-run.{state}" for state in ("Failed", "Crashed", "CompletedWithFailures")}
ENDED = BAD | {f"prefect.flow-run.{state}" for state in ("Completed", "Cancelled")}
HEARTBEAT = "prefect.flow-run.heartbeat"
SILENCE = timedelta(seconds=120)
"""A run that sends no heartbeat for so long is taken for dead. Workers need PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30."""
OURS = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.cleancopy"}
RUNS = {"prefect.resource.id": "prefect.flow-run.*"}
BODY = (
    "{{ flow_run.name }} is {{ flow_run.state.name }}: {{ flow_run.state.message }} "
    "Parameters: {{ flow_run.parameters }}"
)


def automations(url: str) -> list[Automation]:
    """A notification for each run that ends badly, and the end of runs that died with their worker."""
    webhook = CustomWebhookNotificationBlock(
        name="cleancopy", url=url, json_data={"text": "{{subject}}\n{{body}}"}, secrets={"none": ""}
    )
    block = webhook.save("cleancopy-alerts", overwrite=True)
    return [
        Automation(
            name="cleancopy: a run went wrong",
            trigger=EventTrigger(
                posture=Posture.Reactive,
                expect=BAD,
                match=RUNS,
                match_related=OURS,
                for_each={"prefect.resource.id"},
                threshold=1,
                within=timedelta(0),
            ),
            actions=[SendNotification(block_document_id=block, subject="cleancopy: a run went wrong", body=BODY)],
        ),
        Automation(
            name="cleancopy: a run fell silent",
            trigger=EventTrigger(
                posture=Posture.Proactive,
                after={HEARTBEAT},
                expect={HEARTBEAT, *ENDED},
                match=RUNS,
                match_related=OURS,
                for_each={"prefect.resource.id"},
                threshold=1,
                within=SILENCE,
            ),
            actions=[ChangeFlowRunState(state=StateType.CRASHED, message=f"no heartbeat for {SILENCE}")],
        ),
    ]


def main(url: str) -> None:
    for automation in automations(url):
        with suppress(ValueError):  # there is none the first time
            Automation.read(name=automation.name).delete()
        automation.create()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", metavar="URL")
    given = parser.parse_args()
    if not given.url.startswith(("http://", "https://")):
        parser.error(f"{given.url} is no address that takes a POST; it begins with http:// or https://")
    if not get_current_settings().api.url:  # an embedded server would take the automations with it
        parser.error("PREFECT_API_URL names no server, such as http://127.0.0.1:4200/api")
    main(given.url)
