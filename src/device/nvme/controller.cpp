#include "src/device/nvme/controller.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>

#include "zonecopy/file_descriptor.h"

namespace zonecopy::nvme {
namespace {

namespace fs = std::filesystem;

Error make_error(const fs::path& path, int code) {
  return Error(code, "open", "sysfs does not tell which controller a namespace belongs to").on_device(path.string());
}

/// "nvme" and a number: neither a namespace ("nvme0n1") nor a subsystem.
bool names_controller(const std::string& name) {
  return name.starts_with("nvme") && name.size() > 4 && name.find_first_not_of("0123456789", 4) == std::string::npos;
}

/// Whether the folder is that of namespace `nsid`, or of a path to it. What cannot be read has just gone.
bool is_namespace(const fs::path& folder, std::uint32_t nsid) {
  if (!folder.filename().string().starts_with("nvme")) return false;
  std::ifstream file(folder / "nsid");
  std::uint32_t found = 0;
  return file >> found && found == nsid;
}

bool reaches(const fs::path& controller, std::uint32_t nsid) {
  std::error_code failure;
  for (fs::directory_iterator entry(controller, failure); !failure && entry != fs::directory_iterator();
       entry.increment(failure)) {
    if (is_namespace(entry->path(), nsid)) return true;
  }
  return false;
}

}  // namespace

std::int32_t send_admin(int fd, const Command& command) {
  nvme_passthru_cmd request{};
  request.opcode = command.opcode;
  request.nsid = command.nsid;
  request.addr = command.addr;
  request.data_len = command.data_len;
  request.cdw10 = command.cdw10;
  request.cdw11 = command.cdw11;
  const int result = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &request);
  return result < 0 ? -errno : result;
}

AdminQueue admin_queue_of(std::string path) {
  // Functions are copied, and a descriptor cannot be.
  auto node = std::make_shared<FileDescriptor>();
  return [node, path = std::move(path)](const Command& command) -> std::int32_t {
    if (!*node) *node = FileDescriptor(open(path.c_str(), O_RDWR | O_CLOEXEC));
    return *node ? send_admin(node->get(), command) : -errno;
  };
}

Result<std::vector<std::string>> controllers_of(dev_t node, std::uint32_t nsid, const std::string& sysfs) {
  const fs::path link = fs::path(sysfs) / fmt::format("dev/char/{}:{}/device", major(node), minor(node));
  std::error_code failure;
  // The controller itself, or the subsystem: a folder with a link to each of its controllers.
  const fs::path owner = fs::canonical(link, failure);
  if (failure) return make_error(link, failure.value());
  if (names_controller(owner.filename().string())) return std::vector<std::string>(1, owner.filename().string());
  std::vector<std::string> names;
  for (fs::directory_iterator entry(owner, failure); !failure && entry != fs::directory_iterator();
       entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (names_controller(name) && reaches(entry->path(), nsid)) names.push_back(name);
  }
  if (failure) return make_error(owner, failure.value());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace zonecopy::nvme
