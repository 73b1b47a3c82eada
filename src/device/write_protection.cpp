#include "src/device/write_protection.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace zonecopy {

bool is_write_protected(int fd) {
  int protection = 0;
  return ioctl(fd, BLKROGET, &protection) == 0 && protection != 0;
}

Error write_protected_error(const std::string& path) {
  Error error(EROFS, "open", "the device is write-protected; to mount it for reading, add -o ro");
  return error.on_device(path);
}

}  // namespace zonecopy
