#include "tools/supervise/zone_file_info.h"

#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

namespace zonecopy::supervise {

std::optional<zonecopy_file_info> ask_zone_file(int fd) {
  // To a device or another file system the number may mean something else.
  struct statfs system {};
  struct stat facts {};
  if (fstatfs(fd, &system) != 0 || system.f_type != FUSE_SUPER_MAGIC) return std::nullopt;
  if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  zonecopy_file_info info{};
  if (ioctl(fd, ZONECOPY_IOC_FILE_INFO, &info) != 0) return std::nullopt;
  info.not_offloaded_because[sizeof info.not_offloaded_because - 1] = '\0';
  info.copy_mechanism[sizeof info.copy_mechanism - 1] = '\0';
  return info;
}

}  // namespace zonecopy::supervise
