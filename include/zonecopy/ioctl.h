/* What an open zone file of a mount of zonecopyfs tells about itself, by ioctl(2). For C and C++.
 *
 *     struct zonecopy_file_info info;
 *     if (ioctl(fd, ZONECOPY_IOC_FILE_INFO, &info) == 0) ...       any other file answers ENOTTY
 *
 * The counters are those of this open(2): of copies whose destination was this descriptor, or a duplicate of it. Nobody
 * else's copies are in them. */
#ifndef ZONECOPY_IOCTL_H
#define ZONECOPY_IOCTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ZONECOPY_REASON_MAX 256
#define ZONECOPY_MECHANISM_MAX 64

/* NOLINTBEGIN(readability-identifier-naming): names as C has them */

enum zonecopy_copy_mode {
  ZONECOPY_COPY_AUTO = 0,
  ZONECOPY_COPY_OFFLOAD = 1,
  ZONECOPY_COPY_EMULATE = 2,
};

struct zonecopy_file_info {
  __u64 bytes_offloaded; /* by the drive's Copy command, or by sharing extents */
  __u64 bytes_kernel;    /* moved by the kernel below the file system */
  __u64 bytes_emulated;  /* read and written by the file system */
  __u64 capacity_bytes;  /* of the zone, or of the zones that the file consists of */
  __u32 zone_index;      /* of the device, from 0 on; of the first zone where the file has several */
  __u32 sequential;      /* 1: written at the write pointer, which is the size; 0: a conventional zone */
  __u32 copy_mode;       /* enum zonecopy_copy_mode: option copy= of the mount */
  __u32 reserved;        /* 0 */
  /* Why not all was offloaded, of the last such copy; ends with a 0, empty if there was none. */
  char not_offloaded_because[ZONECOPY_REASON_MAX];
  /* How the device offloads, or has the kernel copy: "NVMe Copy"; ends with a 0, empty where there is no such way. */
  char copy_mechanism[ZONECOPY_MECHANISM_MAX];
};

/* NOLINTEND(readability-identifier-naming) */

#define ZONECOPY_IOC_FILE_INFO _IOR('Z', 0xc0, struct zonecopy_file_info)

#endif
