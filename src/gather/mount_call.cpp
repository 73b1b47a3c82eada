#include "src/gather/mount_call.h"

#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <cerrno>

namespace zonecopy::gather {
namespace {

/// Texts of an answer are ended here, so that a mount that forgets it does no harm.
template <std::size_t size>
void end_text(char (&text)[size]) {
  text[size - 1] = '\0';
}

/// To a device or another file system the numbers of the requests may mean something else.
bool may_be_asked(int fd) {
  struct statfs system {};
  struct stat facts {};
  return fstatfs(fd, &system) == 0 && system.f_type == FUSE_SUPER_MAGIC && fstat(fd, &facts) == 0 &&
         S_ISREG(facts.st_mode);
}

}  // namespace

std::optional<zonecopy_file_info> ask_file_info(int fd) {
  zonecopy_file_info info{};
  if (!may_be_asked(fd) || ioctl(fd, ZONECOPY_IOC_FILE_INFO, &info) != 0) return std::nullopt;
  end_text(info.not_offloaded_because);
  end_text(info.copy_mechanism);
  return info;
}

std::optional<zonecopy_limits> ask_limits(int fd) {
  zonecopy_limits limits{};
  if (!may_be_asked(fd) || ioctl(fd, ZONECOPY_IOC_LIMITS, &limits) != 0) return std::nullopt;
  end_text(limits.not_offloaded_because);
  end_text(limits.copy_mechanism);
  return limits;
}

int send_gather(int fd, zonecopy_gather_request& request) {
  const int code = ioctl(fd, ZONECOPY_IOC_GATHER, &request) == 0 ? 0 : errno;
  end_text(request.not_offloaded_because);
  return code;
}

}  // namespace zonecopy::gather
