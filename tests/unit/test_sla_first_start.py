"""The moment from which mails are requests: the first start, as exactly as the help desk tells the time."""

from datetime import timedelta

from tests.fakes.desk_records import MAILBOX
from tests.fakes.rig import Rig
from tests.unit.clocked import only


async def test_a_mail_in_the_second_of_the_first_start_is_a_request_though_its_time_is_told_in_whole_seconds() -> None:
    rig = Rig(group_seconds=0, mailbox_id=MAILBOX)
    await rig.pass_time(timedelta(seconds=1.4))
    async with rig.running():
        await rig.keep_time()
        rig.desk.add_conversation("Export fails", text="It says error 5.")
        await rig.sweep()
    assert only(rig).subject == "Export fails"
