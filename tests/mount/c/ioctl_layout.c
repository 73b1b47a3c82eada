/* The layout of the structures in zonecopy/ioctl.h, which programs of 32 and of 64 bits share. It only has to compile. */
#include <stddef.h>

#include "zonecopy/ioctl.h"

/* An array of a negative size is an error: C99 has no _Static_assert. */
#define HOLDS(name, condition) typedef char name[(condition) ? 1 : -1]
#define AT(type, member, offset) HOLDS(type##_##member, offsetof(struct type, member) == (offset))

HOLDS(within_what_fuse_takes, sizeof(struct zonecopy_gather_request) < 16384);
HOLDS(request_size, sizeof(struct zonecopy_gather_request) == 352 + 32 * ZONECOPY_GATHER_RANGES_MAX);
HOLDS(range_size, sizeof(struct zonecopy_gather_range) == 32);
HOLDS(limits_size, sizeof(struct zonecopy_limits) == 384);
HOLDS(info_size, sizeof(struct zonecopy_file_info) == 368);
HOLDS(enough_ranges, ZONECOPY_GATHER_RANGES_MAX >= 256);

AT(zonecopy_gather_range, inode, 0);
AT(zonecopy_gather_range, offset_bytes, 8);
AT(zonecopy_gather_range, length_bytes, 16);
AT(zonecopy_gather_range, copied_bytes, 24);

AT(zonecopy_gather_request, version, 0);
AT(zonecopy_gather_request, flags, 4);
AT(zonecopy_gather_request, count, 8);
AT(zonecopy_gather_request, reserved, 12);
AT(zonecopy_gather_request, offset_bytes, 16);
AT(zonecopy_gather_request, bytes_copied, 24);
AT(zonecopy_gather_request, bytes_offloaded, 32);
AT(zonecopy_gather_request, bytes_kernel, 40);
AT(zonecopy_gather_request, bytes_emulated, 48);
AT(zonecopy_gather_request, commands, 56);
AT(zonecopy_gather_request, failed_range, 64);
AT(zonecopy_gather_request, error, 68);
AT(zonecopy_gather_request, reserved_too, 72);
AT(zonecopy_gather_request, not_offloaded_because, 96);
AT(zonecopy_gather_request, ranges, 352);

AT(zonecopy_limits, gather_ranges_max, 0);
AT(zonecopy_limits, block_size_bytes, 4);
AT(zonecopy_limits, zone_size_bytes, 8);
AT(zonecopy_limits, copy_ranges_max, 16);
AT(zonecopy_limits, copy_range_max_blocks, 20);
AT(zonecopy_limits, copy_max_blocks, 24);
AT(zonecopy_limits, copy_mode, 28);
AT(zonecopy_limits, flags, 32);
AT(zonecopy_limits, reserved, 36);
AT(zonecopy_limits, copy_mechanism, 64);
AT(zonecopy_limits, not_offloaded_because, 128);

AT(zonecopy_file_info, bytes_offloaded, 0);
AT(zonecopy_file_info, capacity_bytes, 24);
AT(zonecopy_file_info, zone_index, 32);
AT(zonecopy_file_info, flags, 44);
AT(zonecopy_file_info, not_offloaded_because, 48);
AT(zonecopy_file_info, copy_mechanism, 304);

HOLDS(numbers_of_the_commands, ZONECOPY_IOC_GATHER == 0xfd605ac3 && ZONECOPY_IOC_LIMITS == 0x81805ac4 &&
                                   ZONECOPY_IOC_FILE_INFO == 0x81705ac0);
