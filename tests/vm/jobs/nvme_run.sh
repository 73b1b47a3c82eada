#!/bin/bash
# zonecopy run on a ZNS namespace: reflinks become Copy commands, and a zone keeps its data where they cannot.
#
# vm: --zns given,zone_capacity=12M,max_open=14,max_active=14,mssrl=256,mcl=1024,msrc=15
# vm: --trace - --time-limit 300
. "${BASH_SOURCE[0]%/*}/../lib.sh"

load_modules nvme fuse
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../nvme_run.py" "$@"
