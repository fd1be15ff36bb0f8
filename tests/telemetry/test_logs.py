"""One JSON line an event, with ids and without people."""

import asyncio
import gc
import logging
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from granian.log import LogLevels, configure_logging
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadflow.errors import InputError, SetupError, TemporaryError
from leadflow.telemetry import logs, traces
from leadflow.telemetry.logs import log
from leadflow.telemetry.vocabulary import EVENTS, FIELDS

LEAD = UUID("0190f5b0-6a3f-7d02-8b7e-5a1f0c9d2e44")
TRACE = "0af7651916cd43dd8448eb211c80319c"
people = st.tuples(
    st.sampled_from(
        ["Zebulon Quimby", "Perpetua Vandersloot", "Ng\N{LATIN SMALL LETTER U WITH HORN} Xy"]
    ),
    st.sampled_from(["zeb@quimby.example", "p.vandersloot+car@mail.example"]),
    st.sampled_from(["+1 (555) 010-4477", "5550104477", "555.010.4477"]),
)


def test_a_line_says_when_how_bad_who_and_what(written):
    log.warning("routing.failed", lead_id=LEAD, attempts=3)
    line = written.line
    assert datetime.fromisoformat(line.pop("timestamp")).utcoffset() == timedelta(0)
    assert line == {
        "log_level": "warning",
        "service": "leadflow",
        "event_name": "routing.failed",
        "lead_id": str(LEAD),
        "attempts": 3,
    }


def test_the_envelope_comes_first_for_those_who_read_along(written):
    log.info("lead.expired", leads=3)
    assert list(written.line)[:4] == ["timestamp", "log_level", "service", "event_name"]


def test_the_service_is_named_as_the_operator_wants(configure):
    written = configure(service="openinfo-api")
    log.info("process.started")
    assert written.line["service"] == "openinfo-api"


@pytest.mark.parametrize(("level", "lines"), [("warning", 1), ("INFO", 2), ("Debug", 3)])
def test_what_is_below_the_level_is_not_written(configure, level, lines):
    written = configure(level=level)
    log.debug("http.answered")
    log.info("lead.expired")
    log.warning("database.unavailable")
    assert len(written.lines) == lines


def test_an_unknown_level_is_the_operators_to_mend():
    with pytest.raises(SetupError, match='LOG_LEVEL is "loud", not one of critical, debug'):
        logs.configure(level="loud")


def test_lines_inside_a_request_carry_its_ids(written):
    with (
        logs.request(str(LEAD)),
        traces.joined("http.request", {"traceparent": f"00-{TRACE}-b7ad6b7169203331-00"}),
    ):
        log.info("lead.refused")
    log.info("lead.expired")
    inside, outside = written.lines
    assert (inside["request_id"], inside["trace_id"]) == (str(LEAD), TRACE)
    assert inside["span_id"] == "b7ad6b7169203331"
    assert not {"request_id", "trace_id", "span_id"} & set(outside)


async def test_requests_at_the_same_time_keep_their_ids_apart(written):
    async def handle(request_id):
        with logs.request(request_id):
            await asyncio.sleep(0)
            log.info("lead.refused", reason=f"r{request_id[:4]}")

    await asyncio.gather(*(handle(f"{number:032x}") for number in (1 << 124, 2 << 124)))
    assert {(line["request_id"][:4], line["reason"]) for line in written.lines} == {
        ("1000", "r1000"),
        ("2000", "r2000"),
    }


def test_a_line_about_another_request_names_that_one(written):
    with logs.request():
        log.info("routing.failed", request_id=LEAD)
    assert written.line["request_id"] == str(LEAD)


def test_a_callers_id_is_taken_if_it_cannot_say_who_they_are():
    with logs.request(str(LEAD)) as taken:
        assert taken == str(LEAD)


@pytest.mark.parametrize("offered", [None, "", "zeb@quimby.example", "Zebulon", "5550104477"])
def test_any_other_id_is_replaced(offered):
    with logs.request(offered) as taken:
        assert taken != offered
        assert len(taken) == 32


def test_an_unknown_fact_is_left_out_and_counted(written):
    log.info("lead.refused", first_name="Zebulon", customer={"name": "Quimby"}, problems=2)
    assert written.line["dropped"] == 2
    assert written.line["problems"] == 2
    assert "Zebulon" not in written.text
    assert "Quimby" not in written.text


def test_nobody_can_pass_off_the_envelope(written):
    log.info("lead.expired", service="Zebulon", timestamp="yesterday")
    assert written.line["service"] == "leadflow"
    assert written.line["dropped"] == 2


@pytest.mark.parametrize("event", ["Lead of Zebulon Quimby refused", 7, None])
def test_an_event_that_is_not_listed_does_not_show_its_name(written, event):
    log.info(event)
    assert written.line["event_name"] == "event.unlisted"


@given(
    person=people,
    event=st.sampled_from(["lead.refused", "no such event"]),
    field=st.sampled_from([*FIELDS, "customer"]),
    method=st.sampled_from(["info", "error", "exception"]),
    raised=st.sampled_from([ValueError, KeyError, RuntimeError, InputError, OSError]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_is_found_in_the_log(configure, person, event, field, method, raised):
    name, email, phone = person
    written = configure(level="debug")
    error = raised(f"{name}, {email}, {phone}")
    getattr(log, method)(event, **{field: f"{name} {phone}", "exc_info": error})
    log.info(f"{event} {name}", reason=email, message=f"{email} {phone}")
    library_says("somebodys.library", "cannot reach %s", name, exc_info=error)
    library_says("somebodys.library", f"cannot reach {name}")
    library_says("asyncio", f"Exception in callback call({name!r})\n{person}")
    everything = written.text.replace("\\", "")
    if FIELDS.get(field) is not None and FIELDS[field].kind == "text":
        everything = everything.replace(name, "")  # a sentence of ours holds no names
    assert len(written.lines) == 5
    for personal in (*person, name.split()[0], "quimby", "vandersloot", "0104477", "010-4477"):
        assert personal not in everything


def test_an_error_is_told_by_its_kind_and_place(written):
    try:
        int("Zebulon")
    except ValueError:
        log.exception("worker.failed")
    line = written.line
    assert line["log_level"] == "error"
    assert line["error_type"] == "ValueError"
    assert ".test_an_error_is_told_by_its_kind_and_place:" in line["error_at"][0]


def test_an_error_that_is_not_there_says_nothing(written):
    log.info("worker.failed", exc_info=None)
    log.info("worker.failed", exc_info=True)
    assert all("error_type" not in line for line in written.lines)


def test_libraries_write_the_same_lines(written):
    logging.getLogger("aiohttp.client").warning("Unclosed connection")
    line = written.line
    assert (line["event_name"], line["log_level"]) == ("library.log", "warning")
    assert (line["logger"], line["message"]) == ("aiohttp.client", "Unclosed connection")
    assert line["code"].startswith("test_logs:")


def test_libraries_keep_their_template_and_not_what_they_put_into_it(written):
    logging.getLogger("somebodys.library").info("lead %s of %d", "Zebulon", 7)
    assert written.line["message"] == "lead %s of %d"


def test_a_sentence_of_a_library_we_do_not_know_is_not_written(written):
    logging.getLogger("somebodys.library").info("lead Zebulon refused")
    assert "message" not in written.line


def test_a_level_of_a_librarys_own_is_written_as_info(written):
    logging.getLogger("asyncio").log(25, "so so")
    assert written.line["log_level"] == "info"


def test_a_record_that_is_malformed_costs_nothing(written, capfd):
    library_says("somebodys.library", "%s and %s", "Zebulon")
    assert written.line["message"] == "%s and %s"
    assert capfd.readouterr() == ("", "")


def test_a_task_that_died_unseen_is_told_without_its_values(written):
    async def fail():
        raise ValueError("Zebulon")

    async def start():
        task = asyncio.ensure_future(fail())
        await asyncio.wait([task])
        del task

    with asyncio.Runner() as runner:
        runner.run(start())
        gc.collect()
    line = written.line
    assert line["message"] == "Task exception was never retrieved"
    assert line["error_type"] == "ValueError"
    assert "Zebulon" not in written.text


def test_the_server_speaks_through_the_log_and_not_on_stdout(written, capfd):
    before = {name: logging.getLogger(name) for name in logs.GRANIAN["loggers"]}
    try:
        configure_logging(LogLevels.info, logs.GRANIAN)
        logging.getLogger("_granian").info("Listening at: http://127.0.0.1:3000")
    finally:
        for logger in before.values():
            logger.setLevel(logging.NOTSET)
    assert written.line["message"] == "Listening at: http://127.0.0.1:3000"
    assert capfd.readouterr() == ("", "")


def test_people_get_a_line_they_can_read(configure):
    written = configure(style="console")
    log.info("routing.no_agents", message="No agents found for lead", warnings=["a", "b"])
    assert " info " in written.text
    assert "routing.no_agents" in written.text
    assert "message='No agents found for lead' warnings=a,b" in written.text


def test_people_are_spared_what_only_machines_look_for(configure):
    written = configure(style="console")
    with logs.request(str(LEAD)), traces.joined("http.request", {}):
        log.info("lead.refused")
    assert written.text.rstrip().endswith(f"lead.refused               request_id={LEAD}")


def test_people_get_the_lines_of_libraries_as_well(configure):
    written = configure(style="console")
    logging.getLogger("asyncio").info("so so")
    assert "library.log" in written.text


def test_a_thread_that_crashes_is_told(written):
    def crash():
        raise ValueError("Zebulon")

    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()
    assert written.line["event_name"] == "process.crashed"
    assert "Zebulon" not in written.text


def test_what_python_could_not_raise_is_told(written):
    class Stubborn:
        def __del__(self):
            raise ValueError("Zebulon")

    Stubborn()
    gc.collect()
    assert written.line["error_type"] == "ValueError"
    assert "Zebulon" not in written.text


@pytest.mark.parametrize("setup", ["pass", "configure()"])
def test_a_process_writes_to_stderr_and_leaves_stdout_alone(setup):
    ran = run(f"from leadflow.telemetry.logs import *; {setup}; log.info('process.started')")
    assert '"event_name":"process.started"' in ran.stderr
    assert ran.stdout == ""


def test_a_crash_is_one_line_and_no_traceback():
    ran = run("from leadflow.telemetry.logs import *; configure(); int('Zebulon')")
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert '"event_name":"process.crashed"' in ran.stderr
    assert "Zebulon" not in ran.stderr


def test_ctrl_c_is_not_a_crash():
    ran = run("from leadflow.telemetry.logs import *; configure(); raise KeyboardInterrupt")
    assert "process.crashed" not in ran.stderr


def test_an_error_about_a_thing_says_what_it_is(written):
    log.error("worker.failed", exc_info=TemporaryError("https://a.example/hook answered 503"))
    assert written.line["error_message"] == "https://a.example/hook answered 503"


def test_every_event_and_field_has_a_meaning():
    assert all(event.meaning for event in EVENTS.values())
    assert all(field.meaning for field in FIELDS.values())


def library_says(name, template, *arguments, **options):
    logging.getLogger(name).log(logging.ERROR, template, *arguments, **options)


def run(program):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
