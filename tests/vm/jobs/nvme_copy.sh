#!/bin/bash
# Copies of every shape on namespaces with different limits: as few Copy commands as can be, and the host touches no data.
#
# vm: --zns given,zone_capacity=12M,max_open=14,max_active=14,mssrl=256,mcl=1024,msrc=15,zasl=5
# vm: --zns tiny,on=given,size=16M,zone_size=1M,zone_capacity=768K,mssrl=7,mcl=13,msrc=1
# vm: --zns few,on=given,size=16M,zone_size=1M,zone_capacity=768K,mssrl=7,mcl=1000,msrc=2
# vm: --zns sectors,lba=512,size=16M,zone_size=1M,zone_capacity=768K
# vm: --zns single,on=sectors,size=16M,zone_size=1M,zone_capacity=768K,mssrl=64,mcl=256,msrc=0
# vm: --zns none,size=128M,zone_capacity=12M,mssrl=0,mcl=0,msrc=0
# vm: --zns media,size=16M,zone_size=1M,mssrl=16,mcl=64,msrc=15,bad_read=1212416,bad_write=2260992
# vm: --trace - --time-limit 300
. "${BASH_SOURCE[0]%/*}/../lib.sh"

load_modules nvme fuse
/usr/bin/python3 "${BASH_SOURCE[0]%/*}/../nvme_copy.py" "$@"
