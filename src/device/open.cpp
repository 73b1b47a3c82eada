#include <sys/stat.h>

#include "zonecopy/image.h"
#include "zonecopy/open_device.h"

namespace zonecopy {
namespace {

Error refuse(const std::string& path, int code, std::string detail) {
  Error error(code, "open", std::move(detail));
  error.on_device(path);
  return error;
}

/// What is wrong with a path that is not an image.
Status check_is_image(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return refuse(path, errno, {});
  if (S_ISBLK(facts.st_mode) || S_ISCHR(facts.st_mode)) {
    return refuse(path, EOPNOTSUPP, "this version works on zoned images only; make one with 'zonecopy image create'");
  }
  if (!S_ISREG(facts.st_mode)) return refuse(path, ENOTBLK, "this is neither a zoned image nor a device");
  const Result<bool> image = is_image(path);
  if (!image) return refuse(path, image.error().code(), {});
  if (!*image) return refuse(path, EINVAL, "this is no zoned image; make one with 'zonecopy image create'");
  return {};
}

}  // namespace

Result<std::unique_ptr<ZonedDevice>> open_device(EventLoop& loop, const std::string& path, const OpenOptions& options) {
  const Status checked = check_is_image(path);
  if (!checked) return checked.error();
  return open_image(loop, path, options.read_only);
}

EventLoop::Options loop_options_for(const std::string&) { return EventLoop::Options(); }

Result<Inspection> inspect_device(EventLoop&, const std::string& path) {
  const Status checked = check_is_image(path);
  if (!checked) return checked.error();
  Result<std::pair<DeviceInfo, std::vector<Zone>>> found = inspect_image(path);
  if (!found) return found.error();
  return Inspection{std::move(found->first), std::move(found->second)};
}

}  // namespace zonecopy
