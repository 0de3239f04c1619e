"""GraphiQL in a real browser, on a server as `make run` starts it: the walk through the README."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from server.app import IDE
from server.demo import PENDING, PUBLISHED
from server.tour import CHAPTERS
from tests.support.browser import CHROMIUM, open_browser
from tests.support.commands import DEV, Terminal
from tests.support.ide_page import editor, open_ide, open_tab, run, streams

NEEDED = {"Chromium": CHROMIUM, "ide/dist, which `make ide` builds": (IDE / "index.html").is_file()}
MISSING = [name for name, there in NEEDED.items() if not there]

pytestmark = [
    pytest.mark.second_tier,  # tests/whole/test_tour.py runs the same tabs in the first tier, without a browser.
    pytest.mark.skipif(bool(MISSING), reason=f"GRAPHIQL IS NOT TESTED: there is no {' and no '.join(MISSING)}"),
]

# GraphiQL passes on what is written a moment after the last key.
STORED = """(text) => new Promise((resolve) => {
  const look = () => (localStorage.getItem("enfilade:tabs")?.includes(text) ? resolve() : setTimeout(look, 50));
  look();
})"""


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """Opens GraphiQL. Checks at the end that no error occurred, and that no request left this machine."""
    with Terminal(tmp_path, DEV).serving() as served:
        async with open_browser(tmp_path) as (page, faults):
            await open_ide(page, served.address)
            yield page
            assert faults == []


async def test_the_tabs_lead_from_the_gallerys_page_to_its_rooms_stage(page: Page, tmp_path: Path) -> None:
    result = await run(page, "Gallery")
    for title, _seconds in PUBLISHED:
        await expect(result).to_contain_text(f'"title": "{title}"')
    await page.screenshot(path=tmp_path / "1-gallery.png")
    told_by = streams(page)
    for tab, there in TOUR.items():
        result = await run(page, tab)
        if tab.startswith("Watch"):
            await expect(told_by.get_by_role("button", name=tab)).to_be_visible()
        else:
            await expect(result).to_contain_text('"userErrors": []')
            await expect(result).not_to_contain_text('"code"')
            await expect(result).to_contain_text(there)
        await page.screenshot(path=tmp_path / f"2-{tab}.png")
    for stream, kind, gist in ARRIVED:
        told = told_by.get_by_role("listitem").filter(has=page.get_by_text(kind, exact=True))
        arrived = told.filter(has_text=stream).filter(has_text=gist)
        await expect(arrived).to_have_count(1)
    counted = told_by.get_by_role("listitem").filter(has_text="PendingCountChanged")
    await expect(counted.locator("code")).to_have_text(["1", "4"])  # newest first

    assert "" not in await told_by.locator("code").all_text_contents()

    await told_by.get_by_role("button", name="WatchRoom").click()
    ended = told_by.get_by_role("listitem").filter(has=page.get_by_text("ended", exact=True))
    await expect(ended).to_contain_text("WatchRoom")


# Text that each tab's result contains, and the results that its streams show.
TOUR = {
    "SetMember": '"role": "MODERATOR"',
    "KeepPeople": '"memberCount": 2',
    "WatchGallery": "",
    "AddMedia": '"status": "PENDING"',
    "ReviewMedia": '"pendingCount": 1',
    "CreatePlaylist": '"title": "Shown in class"',
    "UpdateSite": '"participantCapacity": 500',
    "ConfigureRoom": '"groupChatEnabled": true',
    "WatchRoom": "",
    "LaunchRoom": '"launched": true',
    "LockRoom": '"state": "RECORDING"',
    "JoinRoom": '"state": "WAITING"',
    "AdmitWaiting": '"state": "ADMITTED"',
    "PostMessage": '"authorName": "Student 001"',
    "InviteToStage": '"invitedToStage": true',
    "AcceptStage": '"onStage": true',
    "WatchTalk": "",
    "ModerateChat": '"CHAT_MODERATOR"',
    "WatchQuestions": "",
    "AskQuestion": '"anonymous": true',
    "ReplyToQuestion": '"state": "DRAFT"',
    "PublishAnswer": '"publishedAnswer": "All of it."',
    "AnswerQuiz": '"answerCount": 1',
    "CloseQuiz": '"rightCount": 1',
    "OpenWordCloud": '"state": "OPEN"',
    "GiveWords": '"text": "Rhythm"',
    "ShowDocument": '"page": 2',
    "TurnPage": '"page": 3',
}
NULL = "\N{EN DASH}"  # how Streams shows a field that is null for the viewer
ARRIVED = [
    ("WatchGallery", "MediaAdded", "third try"),
    *(("WatchGallery", "MediaReviewed", title) for title, *_ in PENDING),
    ("WatchGallery", "SessionStarted", ""),
    ("WatchRoom", "SessionStarted", "WEBINAR"),
    ("WatchRoom", "RoomLocked", "locked"),
    ("WatchRoom", "ParticipantWaiting", "Student 001"),
    ("WatchRoom", "RecordingStarted", "RECORDING"),
    ("WatchRoom", "HandRaised", "Student 001"),
    ("WatchRoom", "StageChanged", "Student 001 · not onStage · invitedToStage"),
    ("WatchRoom", "StageChanged", "Student 001 · onStage · not invitedToStage"),
    ("WatchRoom", "RecordingEnded", "PROCESSING"),
    ("WatchRoom", "MessagePosted", "Hello from the last row."),
    ("WatchRoom", "MessagePosted", "BACKCHANNEL"),
    ("WatchRoom", "AnswerPublished", f"{NULL} · Will this be in the exam? · All of it."),
    ("WatchRoom", "ShownChanged", "Grids: the handout · 2 · 12"),
    ("WatchTalk", "MessageReacted", "👋 · 1"),
    ("WatchTalk", "QuestionAsked", "PENDING"),
    ("WatchTalk", "InteractionChanged", f"OPEN · 1 · Futura · {NULL} · {NULL} · Garamond · {NULL} · {NULL}"),
    ("WatchTalk", "InteractionClosed", "CLOSED · 1 · Futura · 0 · not right · Garamond · 1 · right"),
    ("WatchTalk", "MessageDeleted", f"Student 001 · GROUP · {NULL}"),
    ("WatchQuestions", "QuestionAsked", "PENDING · Student 001 · Will this be in the exam?"),
    ("WatchQuestions", "InteractionChanged", "OPEN · 1 · Futura · 0 · not right · Garamond · 1 · right"),
    ("WatchQuestions", "MessageDeleted", "Hello from the last row."),
]


async def test_it_explains_the_schema_and_keeps_what_was_written_over_a_reload(page: Page, tmp_path: Path) -> None:
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await page.get_by_role("link", name="Subscription", exact=True).click()
    await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("roomEvents")
    await page.screenshot(path=tmp_path / "3-documentation.png")

    await open_tab(page, "JoinRoom")
    await editor(page).click()
    await page.keyboard.press("Control+Home")
    await page.keyboard.type("# my own note")
    await page.keyboard.press("Enter")
    await page.evaluate(STORED, "# my own note")
    await page.reload()
    await expect(page.get_by_role("tab")).to_have_count(len(CHAPTERS["Waiting room and stage"]))
    await expect(await run(page, "JoinRoom")).to_contain_text("ROOM_NOT_OPEN")
    await expect(editor(page)).to_contain_text("# my own note")
    await page.screenshot(path=tmp_path / "4-reloaded.png")
