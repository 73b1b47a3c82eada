#!/bin/bash
# Gathers on ZNS namespaces with different limits: as few Copy commands as can be, and the host touches no data.
#
# vm: --zns given,zone_capacity=12M,max_open=14,max_active=14,mssrl=256,mcl=1024,msrc=15
# vm: --zns wide,size=64M,zone_size=4M,mssrl=256,mcl=1024,msrc=255
# vm: --zns narrow,on=wide,size=64M,zone_size=4M,mssrl=7,mcl=13,msrc=1
# vm: --zns media,size=16M,zone_size=1M,mssrl=16,mcl=64,msrc=15,bad_read=1212416
# vm: --trace - --time-limit 300
. "${BASH_SOURCE[0]%/*}/../lib.sh"

load_modules nvme fuse
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../nvme_gather.py" "$@"
