#!/usr/bin/env python3
"""sqlite3: a database in a conventional file, whose size is always the capacity."""
from rows import *

need("sqlite3")


def with_database():
    fs = mounted()
    works(fs, "rm -f new.db; sqlite3 new.db 'create table t(a); insert into t values(1)'; cp new.db $cnv/0")
    return fs


def sql(fs, text):
    return works(fs, f"sqlite3 $cnv/0 '{text}'").out.split()


@row("`sqlite3 CONVENTIONAL` with a database that was copied there, `pragma journal_mode=memory` (or off)",
     "works up to the capacity, without what such a journal does after a crash")
def memory_journal():
    fs = with_database()
    for mode in ("memory", "off"):
        equal(sql(fs, f"pragma journal_mode={mode}; begin; insert into t select value from generate_series(1, 2000); commit;"
                      " pragma integrity_check"), [mode, "ok"])
    equal(sql(fs, "select count(*) from t; select sum(a) from t"), ["4001", str(2 * 2000 * 2001 // 2 + 1)])
    equal(sql(fs, "pragma journal_mode=memory; delete from t where a > 10; pragma integrity_check"), ["memory", "ok"])
    works(fs, "sqlite3 $cnv/0 '.backup out.db'; test $(sqlite3 out.db 'select count(*) from t') = 21")


@row("`sqlite3 CONVENTIONAL` with another journal, or a new database; `vacuum`",
     "cannot, because a journal is a new file, a new database an empty one, and the size stays: an error; the database is whole")
def other_journals():
    fs = with_database()
    fails(fs, "sqlite3 $cnv/0 'insert into t values(2)'", 14, "unable to open database file")
    fails(fs, "sqlite3 $cnv/0 'pragma journal_mode=wal; insert into t values(2)'", 14, "unable to open database file")
    fails(fs, "sqlite3 $cnv/1 'create table t(a)'", 26, "file is not a database")
    sql(fs, "pragma journal_mode=memory; insert into t select value from generate_series(1, 2000); delete from t where a > 1")
    fails(fs, "sqlite3 $cnv/0 'pragma journal_mode=memory; vacuum'", 10, "disk I/O error")
    equal(sql(fs, "pragma integrity_check; select count(*) from t"), ["ok", "2"])


@row("`sqlite3 ZONE`", "works for reading only; what writes gets an error")
def sequential():
    fs = with_database()
    works(fs, "cp new.db $seq/0; sqlite3 $seq/0 'select a from t'")
    fails(fs, "sqlite3 $seq/0 'pragma journal_mode=memory; insert into t values(2)'", 10, "disk I/O error")
    works(fs, "cmp new.db $seq/0")


run_rows()
